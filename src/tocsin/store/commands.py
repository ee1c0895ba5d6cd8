"""The escalation matrix as it stood when each incident opened, and what its rules look at."""

import sqlalchemy as sa

from tocsin.incident.command import Case, Command
from tocsin.incident.incident import Incident, State
from tocsin.incident.severity import harm_of
from tocsin.store import alerts, tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit


def keep(unit: Unit, incident: str, command: Command) -> None:
    """Keep `command` for the incident with this id, which has just opened."""
    calls = sum(bool(ask.steps) for ask in command.asks)
    row = {"incident": incident, "calls": calls, "body": encode(command)}
    unit.conn.execute(sa.insert(tables.command).values(**row))


def get(conn: sa.Connection, incident: str) -> Command:
    """Return the matrix that was kept for the incident with this id; else the built-in one.

    What an older release has opened has none.
    """
    query = sa.select(tables.command.c.body).where(tables.command.c.incident == incident)
    body = conn.execute(query).scalar_one_or_none()
    return Command() if body is None else decode(Command, body, where=f"command of {incident}")


def calling(conn: sa.Connection, incident: str) -> Command | None:
    """Return the same if it calls anybody; asked at every turn of paging, so it costs little."""
    table = tables.command
    query = sa.select(table.c.body).where(table.c.incident == incident, table.c.calls > 0)
    body = conn.execute(query).scalar_one_or_none()
    return None if body is None else decode(Command, body, where=f"command of {incident}")


def asking(conn: sa.Connection) -> list[str]:
    """Return the ids of the incidents that are not over and whose matrix calls somebody.

    Whom it asks follows from severity and alarms, which may change at any time.
    """
    table, incident = tables.command, tables.incident
    query = sa.select(table.c.incident).join(incident, incident.c.id == table.c.incident)
    query = query.where(table.c.calls > 0, incident.c.state != State.RESOLVED.value)
    return list(conn.execute(query.order_by(incident.c.severity, incident.c.number)).scalars())


def case(conn: sa.Connection, incident: Incident, command: Command) -> Case:
    """Return the case of `incident`, by its alarms and its slice."""
    found = [one.worst for one in alerts.grouped(conn, incident.id)]
    attributes = {name for one in found for name in one.slice.as_dict()}
    attributes |= {one.column for one in found if one.column is not None}
    return command.case(incident, frozenset(map(harm_of, found)), frozenset(attributes))

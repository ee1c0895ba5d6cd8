"""Playbooks in incidents: which was chosen, as it stood then, and what became of its steps."""

from collections.abc import Mapping
from dataclasses import replace

import sqlalchemy as sa

from tocsin.base.errors import NotFound
from tocsin.contain.playbook import Run, Ticked
from tocsin.store import systems, tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit, in_unit


def start(unit: Unit, run: Run) -> None:
    """Keep a playbook as it stands now; it replaces the one that the incident had."""
    unit.conn.execute(
        sa.insert(tables.playbook_run).values(
            id=run.id,
            incident=run.incident,
            chosen_at=run.chosen_at,
            chosen_by=run.chosen_by,
            automatic=sum(step.automatic is not None for step in run.playbook.steps),
            body=encode(run),
        )
    )
    unit.audit("playbook.chosen", run.incident, playbook=run.playbook.name)


def of_incident(conn: sa.Connection, incident: str) -> Run | None:
    """Return the playbook that the incident with this id follows; None: none was chosen.

    In a unit its row is locked, so that no step is ticked twice.
    """
    table = tables.playbook_run
    query = sa.select(table.c.id, table.c.body).where(table.c.incident == incident)
    query = query.order_by(table.c.chosen_at.desc(), table.c.id.desc()).limit(1)
    if in_unit(conn):
        query = query.with_for_update()
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    return replace(decode(Run, row.body), ticked=_ticked(conn, row.id))


def required(conn: sa.Connection, incident: str) -> Run:
    """Return the same.

    Raises:
        NotFound: none was chosen.
    """
    run = of_incident(conn, incident)
    if run is None:
        raise NotFound("no playbook was chosen for this incident yet")
    return run


def owned(conn: sa.Connection, run: Run, system: str) -> Run:
    """Return a run whose playbook names who keeps it; else who owns the incident's `system`."""
    if run.playbook.owner:
        return run
    owner = systems.get(conn, system).system.owner
    return replace(run, playbook=replace(run.playbook, owner=owner))


def tick(unit: Unit, run: Run, place: int, ticked: Ticked) -> None:
    """Keep what became of a step.

    Raises:
        BadInput: there is no such step.
        Conflict: it is done or left out already.
    """
    run.step(place)
    unit.conn.execute(
        sa.insert(tables.playbook_tick).values(
            run=run.id, place=place, at=ticked.at, body=encode(ticked)
        )
    )
    unit.audit(f"playbook.{ticked.done.value}", run.incident, step=str(place + 1))


def without(conn: sa.Connection) -> list[str]:
    """Return the ids of unresolved incidents that have no playbook yet, oldest first."""
    incident, run = tables.incident, tables.playbook_run
    chosen = sa.select(run.c.id).where(run.c.incident == incident.c.id).exists()
    query = sa.select(incident.c.id).where(incident.c.state != "resolved", ~chosen)
    return list(conn.execute(query.order_by(incident.c.number)).scalars())


def acting(conn: sa.Connection) -> list[str]:
    """Return the ids of unresolved incidents that had a playbook with automatic steps.

    Asked at every round of the pipeline, so it decodes nothing.
    """
    incident, run = tables.incident, tables.playbook_run
    mine = (run.c.incident == incident.c.id, run.c.automatic > 0)
    acts = sa.select(run.c.id).where(*mine).exists()
    query = sa.select(incident.c.id).where(incident.c.state != "resolved", acts)
    return list(conn.execute(query.order_by(incident.c.number)).scalars())


def _ticked(conn: sa.Connection, run: str) -> Mapping[int, Ticked]:
    table = tables.playbook_tick
    query = sa.select(table.c.place, table.c.body).where(table.c.run == run)
    return {row.place: decode(Ticked, row.body) for row in conn.execute(query)}

"""Incidents and their timelines.

Every timeline entry is audited with its hash as it is written, so that the chain of `audit` covers
the timeline too (`altered` compares the two).
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tocsin.base.errors import BadInput, NotFound
from tocsin.incident.incident import Entry, Incident, Severity, State
from tocsin.oncall.policy import Policy
from tocsin.store import tables
from tocsin.store.codec import Json, decode, encode, read
from tocsin.store.unit import Unit, in_unit

_BODY = sa.cast(tables.incident.c.body, sa.Text)
_NUMBERING = 0x70C52
"""PostgreSQL advisory lock under which incidents get their numbers."""


def next_number(unit: Unit) -> int:
    """Return the next free incident number; nobody else gets it while this unit is open."""
    if unit.conn.dialect.name == "postgresql":
        unit.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_NUMBERING)))
    last = unit.conn.execute(sa.select(sa.func.max(tables.incident.c.number))).scalar_one()
    return (last or 0) + 1


def add(
    unit: Unit,
    incident: Incident,
    entries: Sequence[Entry],
    policy: Policy,
    fault_from: datetime | None,
) -> None:
    """Open `incident` with its first timeline entries.

    Args:
        unit: where to write.
        incident: with a number from `next_number`.
        entries: what is known of how it began.
        policy: the escalation policy as it stands now; later edits do not touch this incident.
        fault_from: when the fault that a drill or demo planted began; None for a real one.
    """
    unit.conn.execute(
        sa.insert(tables.incident).values(
            **_columns(incident), policy=encode(policy), fault_from=fault_from
        )
    )
    unit.audit("incident.added", incident.id, number=str(incident.number), system=incident.system)
    _append(unit, entries)


def save(unit: Unit, incident: Incident, entries: Sequence[Entry] = ()) -> None:
    """Replace `incident` as read in this unit, and append `entries` to its timeline.

    Raises:
        NotFound: it was never added.
    """
    table = tables.incident
    done = unit.conn.execute(
        sa.update(table).where(table.c.id == incident.id).values(**_columns(incident))
    )
    if done.rowcount != 1:
        raise NotFound(f"no incident {incident.id}; add it first")
    _append(unit, entries)


def get(conn: sa.Connection, id_or_number: str | int) -> Incident:
    """Return an incident by id, number, or name such as `INC-42`; in a unit its row is locked.

    Raises:
        NotFound: there is none.
    """
    query = sa.select(_BODY).where(_named(id_or_number))
    if in_unit(conn):
        query = query.with_for_update()
    body = conn.execute(query).scalar_one_or_none()
    if body is None:
        raise NotFound(f"no incident {id_or_number}; see the list of incidents")
    return _incident(body)


def standing(conn: sa.Connection, id_or_number: str | int) -> Incident:
    """Return an incident, or the one that goes on for it if it was merged.

    Raises:
        NotFound: there is none.
    """
    found = get(conn, id_or_number)
    while found.merged_into is not None:  # it ends: only an open incident can be merged into
        found = get(conn, found.merged_into)
    return found


def home(conn: sa.Connection, id_: str) -> str:
    """Return the id of the incident that goes on for the one with this id; no row is locked."""
    table = tables.incident
    while True:
        query = sa.select(table.c.body["merged_into"].as_string()).where(table.c.id == id_)
        after = conn.execute(query).scalar_one_or_none()
        if after is None:
            return id_
        id_ = after


def homes(conn: sa.Connection, ids: Collection[str]) -> dict[str, str]:
    """Return by id of an incident the id of the one that goes on for it; no row is locked."""
    table = tables.incident
    query = sa.select(table.c.id).where(
        table.c.id.in_(ids), table.c.body["merged_into"].as_string().is_not(None)
    )
    merged = set(conn.execute(query).scalars())
    return {id_: home(conn, id_) if id_ in merged else id_ for id_ in ids}


def open_ones(conn: sa.Connection, system: str | None = None) -> list[Incident]:
    """Return the incidents that are not resolved, gravest first; of one system or of all."""
    table = tables.incident
    query = sa.select(_BODY).where(table.c.state != State.RESOLVED.value)
    if system is not None:
        query = query.where(table.c.system == system)
    order = (table.c.severity, table.c.number)
    return [_incident(body) for body in conn.execute(query.order_by(*order)).scalars()]


def taken(conn: sa.Connection, severity: Severity) -> list[str]:
    """Return the ids of the incidents of a severity that somebody has acknowledged, by number."""
    table = tables.incident
    mine = (table.c.state == State.ACKNOWLEDGED.value, table.c.severity == int(severity))
    return list(conn.execute(sa.select(table.c.id).where(*mine).order_by(table.c.number)).scalars())


def untaken() -> sa.ColumnElement[bool]:
    """Return the condition that an incident is not over and that nobody has acknowledged it.

    The states say so of most; the document is asked of the others, such as what is contained.
    """
    table = tables.incident
    known = table.c.state.in_((State.OPEN.value, State.RESOLVED.value))
    alone = table.c.body["acknowledged_at"].as_string().is_(None)
    return sa.or_(table.c.state == State.OPEN.value, sa.and_(sa.not_(known), alone))


def turning(conn: sa.Connection) -> list[str]:
    """Return the ids of the incidents nobody has taken whose policy asks who is on call.

    Whom they wait for changes with overrides and gaps, while their next call stands planned.
    """
    table = tables.incident
    text = sa.cast(table.c.policy, sa.Text).label("text")
    query = sa.select(table.c.id, text).where(untaken())
    rows = conn.execute(query.order_by(table.c.severity, table.c.number))
    return [row.id for row in rows if _turns(row.text)]


def _turns(text: str) -> bool:
    """Return whether a policy asks who is on call; one that cannot be read may well.

    Whoever asks it for each incident by itself says what is wrong with it.
    """
    try:
        return bool(_policy(text).schedules)
    except BadInput:
        return True


def unborn(conn: sa.Connection, now: datetime) -> list[Incident]:
    """Return the open incidents that were detected after `now`, by a clock that was ahead."""
    table = tables.incident
    ahead = (table.c.state != State.RESOLVED.value, table.c.detected_at > now)
    bodies = conn.execute(sa.select(_BODY).where(*ahead).order_by(table.c.number)).scalars()
    return [_incident(body) for body in bodies]


def since(conn: sa.Connection, system: str, at: datetime) -> list[Incident]:
    """Return the incidents of `system` that are open or were resolved after `at`, oldest first."""
    table = tables.incident
    query = (
        sa.select(_BODY)
        .where(table.c.system == system)
        .where(table.c.resolved_at.is_(None) | (table.c.resolved_at > at))
        .order_by(table.c.number)
    )
    return [_incident(body) for body in conn.execute(query).scalars()]


def recent(conn: sa.Connection, limit: int) -> list[Incident]:
    """Return the newest `limit` incidents, newest first, whatever their state."""
    table = tables.incident
    query = sa.select(_BODY).order_by(table.c.number.desc()).limit(limit)
    return [_incident(body) for body in conn.execute(query).scalars()]


def resolved_since(conn: sa.Connection, system: str, since: datetime) -> list[Incident]:
    """Return the incidents of a system that were resolved at `since` or later, newest first."""
    table = tables.incident
    query = (
        sa.select(_BODY)
        .where(table.c.system == system, table.c.resolved_at >= since)
        .order_by(table.c.number.desc())
    )
    return [_incident(body) for body in conn.execute(query).scalars()]


def timeline(conn: sa.Connection, id_: str) -> list[Entry]:
    """Return the timeline of the incident with this id, in order of when things happened."""
    table = tables.timeline_entry
    query = sa.select(table.c.body).where(table.c.incident == id_)
    bodies = conn.execute(query.order_by(table.c.at, table.c.seq)).scalars()
    return [decode(Entry, body, where=f"timeline of {id_}") for body in bodies]


def policy(conn: sa.Connection, id_: str) -> Policy:
    """Return the escalation policy as it stood when the incident with this id opened.

    Raises:
        NotFound: there is no such incident.
    """
    return _policy(str(_column(conn, id_, sa.cast(tables.incident.c.policy, sa.Text))))


def fault_from(conn: sa.Connection, id_: str) -> datetime | None:
    """Return when the fault planted by a drill or demo began; None where nobody knows.

    Raises:
        NotFound: there is no such incident.
    """
    at = _column(conn, id_, tables.incident.c.fault_from)
    return at if isinstance(at, datetime) else None


def altered(conn: sa.Connection) -> list[str]:
    """Return the timeline entries that are not as they were written, by the audit log."""
    table, audit = tables.timeline_entry, tables.audit
    problems: list[str] = []
    query = sa.select(audit.c.subject, audit.c.facts).where(audit.c.action == "timeline.appended")
    sealed = {row.facts["entry"]: (row.subject, row.facts["sha256"]) for row in conn.execute(query)}
    for row in conn.execute(sa.select(table.c.id, table.c.incident, table.c.body)):
        incident, sha256 = sealed.pop(row.id, (None, None))
        if incident is None:
            problems.append(f"timeline entry {row.id}: added without a trace in the audit log")
        elif (incident, sha256) != (row.incident, _sha256(row.body)):
            problems.append(f"timeline entry {row.id}: edited")
    problems += [f"timeline entry {id_}: removed" for id_ in sealed]
    return problems


def _append(unit: Unit, entries: Sequence[Entry]) -> None:
    rows: list[dict[str, object]] = []
    for entry in entries:
        body = encode(entry)
        rows.append(
            {
                "id": entry.id,
                "incident": entry.incident,
                "at": entry.at,
                "kind": entry.kind.value,
                "body": body,
            }
        )
        seal = {"entry": entry.id, "kind": entry.kind.value, "sha256": _sha256(body)}
        unit.audit("timeline.appended", entry.incident, **seal)
    if rows:
        unit.conn.execute(sa.insert(tables.timeline_entry), rows)


def _sha256(body: Json) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _columns(incident: Incident) -> dict[str, object]:
    return {
        "id": incident.id,
        "number": incident.number,
        "system": incident.system,
        "state": incident.state.value,
        "severity": int(incident.severity),
        "detected_at": incident.detected_at,
        "resolved_at": incident.resolved_at,
        "body": encode(incident),
    }


def _named(id_or_number: str | int) -> sa.ColumnElement[bool]:
    table, text = tables.incident, str(id_or_number)
    number = text.upper().removeprefix("INC-")
    # nine digits are more incidents than there will be, and fit every database's integer
    if number.isascii() and number.isdigit() and len(number) <= 9:
        return table.c.number == int(number)
    return table.c.id == text


def _policy(text: str) -> Policy:
    return read(Policy, text, "policy of an incident")


def _incident(text: str) -> Incident:
    return read(Incident, text, "incident")


def _column(conn: sa.Connection, id_: str, column: sa.ColumnElement[Any]) -> object:
    row = conn.execute(sa.select(column).where(tables.incident.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound(f"no incident {id_}; see the list of incidents")
    return row[0]

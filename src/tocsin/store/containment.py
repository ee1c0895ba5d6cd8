"""Plans, the directives that came of them, and whether they helped."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tocsin.base.errors import Conflict, NotFound
from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Plan, PlanState
from tocsin.contain.verify import Verification
from tocsin.ingest.quarantine import Quarantine
from tocsin.store import tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit, in_unit
from tocsin.store.upsert import insert_or_ignore, upsert


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan, where it stands, and who approved it."""

    plan: Plan
    state: PlanState
    approved_by: str | None
    saved_at: datetime


def save_plan(unit: Unit, plan: Plan, state: PlanState, approved_by: str | None = None) -> None:
    """Keep `plan` in `state`; an approver once named stays named.

    Raises:
        Conflict: another plan is stored under this id: what was approved must not change.
    """
    table = tables.plan
    known = unit.conn.execute(
        sa.select(table.c.hash, table.c.approved_by).where(table.c.id == plan.id).with_for_update()
    ).one_or_none()
    if known is not None and known.hash != plan.hash:
        raise Conflict(f"plan {plan.id} is stored with other steps; make a new plan")
    approver = approved_by or (known.approved_by if known is not None else None)
    facts = {
        "id": plan.id,
        "incident": plan.incident,
        "system": plan.system,
        "state": state.value,
        "hash": plan.hash,
        "body": encode(plan),
        "approved_by": approver,
        "made_at": plan.made_at,
        "saved_at": unit.now,
    }
    upsert(unit.conn, table, [facts])
    unit.audit(f"plan.{state.value}", plan.id, hash=plan.hash, approved_by=approver or "")


def plan(conn: sa.Connection, id_: str) -> StoredPlan:
    """Return one plan; in a unit its row is locked.

    Raises:
        NotFound: there is none with this id.
    """
    query = sa.select(tables.plan).where(tables.plan.c.id == id_)
    if in_unit(conn):
        query = query.with_for_update()
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"no plan {id_}; see the incident's plans")
    return _plan(row)


def plans(conn: sa.Connection, incident: str) -> list[StoredPlan]:
    """Return the plans of the incident with this id, oldest first."""
    table = tables.plan
    query = sa.select(table).where(table.c.incident == incident)
    return [_plan(row) for row in conn.execute(query.order_by(table.c.made_at, table.c.id))]


def incident_of(conn: sa.Connection, plan_id: str) -> str | None:
    """Return the id of the incident that a plan serves, if any; no row is locked.

    Raises:
        NotFound: there is no such plan.
    """
    query = sa.select(tables.plan.c.incident).where(tables.plan.c.id == plan_id)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"no plan {plan_id}; see the incident's plans")
    return row.incident


def turn(unit: Unit, system: str) -> list[Directive]:
    """Return what is in force for `system`; until the unit ends nobody else changes it."""
    table = tables.directive_version
    insert_or_ignore(unit.conn, table, [{"system": system, "version": 0}])
    mine = sa.select(table.c.version).where(table.c.system == system).with_for_update()
    unit.conn.execute(mine)
    return in_force(unit.conn, system, unit.now)


def add_directives(unit: Unit, directives: Sequence[Directive]) -> None:
    """Put `directives` in force; their systems' versions grow."""
    if not directives:
        return
    unit.conn.execute(sa.insert(tables.directive), [_columns(one) for one in directives])
    for directive in directives:
        unit.audit(
            "directive.added",
            directive.id,
            system=directive.system,
            action=directive.action.value,
            slice=directive.slice.key,
            expires_at=directive.expires_at.isoformat(),
        )
    for system in sorted({directive.system for directive in directives}):
        _grow(unit, system)


def save_directive(unit: Unit, directive: Directive) -> None:
    """Replace a stored directive, such as one that was reverted; its system's version grows.

    Raises:
        NotFound: it was never added.
    """
    table = tables.directive
    done = unit.conn.execute(
        sa.update(table).where(table.c.id == directive.id).values(**_columns(directive))
    )
    if done.rowcount != 1:
        raise NotFound(f"no directive {directive.id}; add it first")
    deed = "directive.reverted" if directive.reverted_at else "directive.saved"
    unit.audit(deed, directive.id, system=directive.system)
    _grow(unit, directive.system)


def save_obeyed(unit: Unit, directive: Directive) -> None:
    """Keep since when a directive is obeyed; the serving side has nothing new to hear.

    Its incident is locked already, so that nobody ends it at the same time.
    """
    table = tables.directive
    (stored,) = some(unit.conn, [directive.id])
    after = replace(stored, obeyed_at=directive.obeyed_at)
    unit.conn.execute(sa.update(table).where(table.c.id == directive.id).values(body=encode(after)))
    since = directive.obeyed_at.isoformat() if directive.obeyed_at else ""
    unit.audit("directive.obeyed", directive.id, system=directive.system, since=since)


def all_in_force(conn: sa.Connection, now: datetime) -> list[Directive]:
    """Return what is in force at `now` for any system, the first to end first."""
    table = tables.directive
    found = _directives(
        conn,
        sa.and_(table.c.expires_at > now, table.c.created_at <= now, table.c.reverted_at.is_(None)),
    )
    return sorted(found, key=lambda one: (one.expires_at, one.id))


def ended(conn: sa.Connection, since: datetime, now: datetime) -> list[Directive]:
    """Return what of any system ended, or was ended, from `since` to `now`, the last first."""
    table = tables.directive
    over = sa.func.coalesce(table.c.reverted_at, table.c.expires_at)
    found = _directives(conn, sa.and_(over > since, over <= now))
    return sorted(found, key=lambda one: (one.reverted_at or one.expires_at, one.id), reverse=True)


def in_force(conn: sa.Connection, system: str, now: datetime) -> list[Directive]:
    """Return what the serving side of `system` must obey at `now`, oldest first."""
    table = tables.directive
    return _directives(
        conn,
        sa.and_(
            table.c.system == system,
            table.c.expires_at > now,
            table.c.created_at <= now,
            table.c.reverted_at.is_(None),
        ),
    )


def of_incident(conn: sa.Connection, incident: str) -> list[Directive]:
    """Return every directive of the incident with this id, oldest first, ended ones too."""
    return _directives(conn, tables.directive.c.incident == incident)


def of_system(
    conn: sa.Connection, system: str, *, since: datetime | None = None
) -> list[Directive]:
    """Return the directives given to `system`, oldest first; `since`: that last beyond it."""
    table, mine = tables.directive, tables.directive.c.system == system
    lasting = mine if since is None else sa.and_(mine, table.c.expires_at > since)
    return _directives(conn, lasting)


def of_plan(conn: sa.Connection, plan_id: str) -> list[Directive]:
    """Return the directives that came of one plan, oldest first."""
    return _directives(conn, tables.directive.c.plan == plan_id)


def some(conn: sa.Connection, ids: Collection[str]) -> list[Directive]:
    """Return those of the directives with these ids that there are, oldest first."""
    return _directives(conn, tables.directive.c.id.in_(sorted(ids)))


def unended(conn: sa.Connection, system: str) -> list[Directive]:
    """Return the directives of `system` whose plans are applied and not yet reverted or expired.

    A directive past its end is among them until somebody has said so (`PlanState.EXPIRED`).
    """
    table, plan_table = tables.directive, tables.plan
    applied = sa.select(plan_table.c.id).where(
        plan_table.c.system == system, plan_table.c.state == PlanState.APPLIED.value
    )
    return _directives(
        conn,
        sa.and_(table.c.system == system, table.c.reverted_at.is_(None), table.c.plan.in_(applied)),
    )


def quarantines(conn: sa.Connection, system: str) -> list[Quarantine]:
    """Return every quarantine there ever was of a source of `system`, oldest first."""
    table = tables.directive
    ours = table.c.body["action"].as_string() == Action.QUARANTINE.value
    found = _directives(conn, sa.and_(table.c.system == system, ours))
    ends = [min(one.reverted_at or one.expires_at, one.expires_at) for one in found]
    return [
        Quarantine(one.slice, one.created_at, end) for one, end in zip(found, ends, strict=True)
    ]


def directives_version(conn: sa.Connection, system: str) -> int:
    """Return how often the directives of `system` were written; 0 before the first."""
    table = tables.directive_version
    query = sa.select(table.c.version).where(table.c.system == system)
    return conn.execute(query).scalar_one_or_none() or 0


def add_verification(unit: Unit, verification: Verification) -> None:
    """Append one look at whether the harm stopped."""
    unit.conn.execute(
        sa.insert(tables.verification).values(
            incident=verification.incident, at=verification.at, body=encode(verification)
        )
    )


def verifications(conn: sa.Connection, incident: str) -> list[Verification]:
    """Return every verification of the incident with this id, oldest first."""
    table = tables.verification
    query = sa.select(table.c.body).where(table.c.incident == incident)
    bodies = conn.execute(query.order_by(table.c.at, table.c.seq)).scalars()
    return [decode(Verification, body, where=f"verification of {incident}") for body in bodies]


def _grow(unit: Unit, system: str) -> None:
    table = tables.directive_version
    insert_or_ignore(unit.conn, table, [{"system": system, "version": 0}])
    unit.conn.execute(
        sa.update(table).where(table.c.system == system).values(version=table.c.version + 1)
    )


def _columns(directive: Directive) -> dict[str, object]:
    return {
        "id": directive.id,
        "system": directive.system,
        "incident": directive.incident,
        "plan": directive.plan,
        "created_at": directive.created_at,
        "expires_at": directive.expires_at,
        "reverted_at": directive.reverted_at,
        "body": encode(directive),
    }


def _directives(conn: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Directive]:
    table = tables.directive
    query = sa.select(table.c.body).where(condition).order_by(table.c.created_at, table.c.id)
    return [decode(Directive, body, where="directive") for body in conn.execute(query).scalars()]


def _plan(row: Row[tuple[object, ...]]) -> StoredPlan:
    stored = decode(Plan, row.body, where=f"plan {row.id}")
    return StoredPlan(stored, PlanState(row.state), row.approved_by, row.saved_at)

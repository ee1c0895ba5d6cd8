"""What people said of plans: who approved, who did it alone, who ratified."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from tocsin.contain.approval import Approval, Approvals, Ballot, Word
from tocsin.contain.plan import Plan, PlanState
from tocsin.store import systems, tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit
from tocsin.store.upsert import upsert


def add(unit: Unit, plan: str, approval: Approval) -> None:
    """Keep what somebody said of the plan with this id; it replaces what they said before."""
    row = {
        "plan": plan,
        "person": approval.by,
        "word": approval.word.value,
        "at": approval.at,
        "body": encode(approval),
    }
    upsert(unit.conn, tables.plan_approval, [row])
    unit.audit(f"plan.{_SAID[approval.word]}", plan, by=approval.by, reason=approval.reason)


_SAID = {
    Word.APPROVED: "approved",
    Word.BROKE_GLASS: "glass_broken",
    Word.RATIFIED: "ratified",
}


def of_plan(conn: sa.Connection, plan: str) -> list[Approval]:
    """Return what was said of the plan with this id, oldest first, once for each person."""
    return list(of_plans(conn, [plan]).get(plan, ()))


def of_plans(conn: sa.Connection, plans: Sequence[str]) -> Mapping[str, Sequence[Approval]]:
    """Return the same for several plans, by their ids; those without a word are left out."""
    table = tables.plan_approval
    query = sa.select(table.c.plan, table.c.body).where(table.c.plan.in_(plans))
    found: dict[str, list[Approval]] = {}
    for row in conn.execute(query.order_by(table.c.at, table.c.person)):
        found.setdefault(row.plan, []).append(decode(Approval, row.body, where="approval"))
    return found


def ballot(conn: sa.Connection, rule: Approvals, plan: Plan, given: Sequence[Approval]) -> Ballot:
    """Return what was said of `plan`, and how many must approve it.

    That follows from the system's risk, as it is now or was when the plan was made: the graver.
    """
    needed = rule.needed(plan.risk, systems.get(conn, plan.system).system.risk)
    return Ballot(plan=plan, rule=rule, needed=needed, given=given)


def waiting(conn: sa.Connection) -> list[str]:
    """Return the ids of the plans that wait in incidents which are not over, oldest first."""
    table, incident = tables.plan, tables.incident
    query = sa.select(table.c.id).join(incident, incident.c.id == table.c.incident)
    query = query.where(table.c.state == PlanState.PROPOSED.value, incident.c.state != "resolved")
    return list(conn.execute(query.order_by(table.c.made_at, table.c.id)).scalars())


def unratified(conn: sa.Connection) -> list[str]:
    """Return the ids of the plans whose ratification is owed still, the oldest first."""
    table = tables.plan_approval
    done = sa.select(table.c.plan).where(table.c.word == Word.RATIFIED.value)
    owes = table.c.body["owes"].as_boolean().is_not(sa.false())  # earlier releases wrote none: owed
    alone = (table.c.word == Word.BROKE_GLASS.value, owes, table.c.plan.not_in(done))
    return list(conn.execute(sa.select(table.c.plan).where(*alone).order_by(table.c.at)).scalars())

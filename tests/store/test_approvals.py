from dataclasses import replace

import sqlalchemy as sa

from tests.store.examples import HOUR, NOW, opened, plan
from tocsin.contain.approval import Approval, Word
from tocsin.contain.plan import PlanState
from tocsin.store import approvals, audit, containment, tables
from tocsin.store.codec import decode
from tocsin.store.unit import Database

GLASS = Approval(by="birch", at=NOW, word=Word.BROKE_GLASS, reason="fire")


def test_what_people_said_is_kept_in_order_once_for_each_and_audited(database: Database) -> None:
    first = Approval(by="birch", at=NOW)
    again = Approval(by="birch", at=NOW + 2 * HOUR, word=Word.BROKE_GLASS, reason="fire")
    other = Approval(by="aspen", at=NOW + HOUR)
    with database.unit("birch", NOW) as unit:
        for one in (first, other, again):
            approvals.add(unit, "plan_1", one)
    with database.reading() as conn:
        assert approvals.of_plan(conn, "plan_1") == [other, again]
        assert approvals.of_plans(conn, ["plan_1", "plan_2"]) == {"plan_1": [other, again]}
        said = [row.act.action for row in audit.recent(conn, 3)]
        assert said == ["plan.glass_broken", "plan.approved", "plan.approved"]
        assert audit.recent(conn, 1)[0].act.facts == {"by": "birch", "reason": "fire"}


def test_what_was_done_alone_waits_until_another_ratifies_it(database: Database) -> None:
    with database.unit("birch", NOW) as unit:
        approvals.add(
            unit, "plan_1", Approval(by="birch", at=NOW, word=Word.BROKE_GLASS, reason="x")
        )
        approvals.add(unit, "plan_2", Approval(by="birch", at=NOW))
    with database.reading() as conn:
        assert approvals.unratified(conn) == ["plan_1"]
    with database.unit("aspen", NOW) as unit:
        approvals.add(unit, "plan_1", Approval(by="aspen", at=NOW, word=Word.RATIFIED))
    with database.reading() as conn:
        assert approvals.unratified(conn) == []


def test_a_glass_broken_where_one_sufficed_waits_for_nobody(database: Database) -> None:
    with database.unit("birch", NOW) as unit:
        approvals.add(unit, "plan_1", replace(GLASS, owes=False))
        approvals.add(unit, "plan_2", GLASS)
    with database.reading() as conn:
        assert approvals.unratified(conn) == ["plan_2"]
        assert [one.owes for one in approvals.of_plan(conn, "plan_1")] == [False]


def test_what_an_earlier_release_wrote_of_a_broken_glass_is_owed(database: Database) -> None:
    table = tables.plan_approval
    with database.unit("birch", NOW) as unit:
        approvals.add(unit, "plan_1", GLASS)
        body = unit.conn.execute(sa.select(table.c.body)).scalar_one()
        older = {key: value for key, value in body.items() if key != "owes"}
        unit.conn.execute(sa.update(table).values(body=older))
        assert decode(Approval, older) == GLASS
    with database.reading() as conn:
        assert approvals.unratified(conn) == ["plan_1"]
        assert approvals.of_plan(conn, "plan_1") == [GLASS]


def test_proposals_of_open_incidents_wait_until_they_are_put_in_force(database: Database) -> None:
    wanted = plan(opened(database).id)
    with database.unit("birch", NOW) as unit:
        containment.save_plan(unit, wanted, PlanState.PROPOSED)
        containment.save_plan(unit, replace(plan(), id="plan_2"), PlanState.PROPOSED)
    with database.reading() as conn:
        assert approvals.waiting(conn) == ["plan_1"]
    with database.unit("birch", NOW) as unit:
        containment.save_plan(unit, wanted, PlanState.APPLIED, "birch")
    with database.reading() as conn:
        assert approvals.waiting(conn) == []

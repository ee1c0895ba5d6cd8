from dataclasses import replace

import pytest

from tests.store.examples import HOUR, MINUTE, NOW, WOMEN, directive, opened, plan
from tocsin.base.errors import Conflict, NotFound
from tocsin.contain.plan import PlanState
from tocsin.contain.verify import Rate, Recovery, Verification
from tocsin.store import audit, containment
from tocsin.store.unit import Database


def test_a_plan_keeps_its_steps_and_changes_its_state(database: Database) -> None:
    incident = opened(database)
    wanted = plan(incident.id)
    with database.unit("ana", NOW) as unit:
        containment.save_plan(unit, wanted, PlanState.PROPOSED)
    with database.unit("deputy", NOW + HOUR) as unit:
        assert containment.plan(unit.conn, wanted.id).state == PlanState.PROPOSED
        containment.save_plan(unit, wanted, PlanState.APPLIED, "deputy")
    with database.unit("ana", NOW + HOUR) as unit:
        containment.save_plan(unit, wanted, PlanState.REVERTED)
    stored = containment.StoredPlan(wanted, PlanState.REVERTED, "deputy", NOW + HOUR)
    with database.reading() as conn:
        assert containment.plan(conn, wanted.id) == stored
        assert containment.plans(conn, incident.id) == [stored]
        deeds = [row.act.action for row in audit.recent(conn, 3)]
        assert deeds == ["plan.reverted", "plan.applied", "plan.proposed"]


def test_what_was_approved_cannot_be_changed(database: Database) -> None:
    with database.unit("ana", NOW) as unit:
        containment.save_plan(unit, plan(), PlanState.PROPOSED)
    with pytest.raises(Conflict, match="other steps"), database.unit("ana", NOW) as unit:
        containment.save_plan(unit, plan(hours=8), PlanState.APPLIED, "ana")
    with database.reading() as conn:
        assert containment.plan(conn, "plan_1").plan == plan()


def test_an_unknown_plan_is_not_found(database: Database) -> None:
    with database.reading() as conn, pytest.raises(NotFound, match="no plan plan_x"):
        containment.plan(conn, "plan_x")


def test_directives_are_in_force_until_they_expire(database: Database) -> None:
    with database.unit("ana", NOW) as unit:
        containment.add_directives(unit, [directive(), directive("dir_2", system="other")])
        containment.add_directives(unit, [])
    with database.reading() as conn:
        for at, expected in ((NOW - HOUR, []), (NOW, [directive()]), (NOW + HOUR, [])):
            assert containment.in_force(conn, "loans", at) == expected
        assert containment.of_incident(conn, "inc_1") == [
            directive(),
            directive("dir_2", system="other"),
        ]
        assert containment.of_system(conn, "loans") == [directive()]
        ends = directive().expires_at
        assert containment.of_system(conn, "loans", since=ends) == []
        assert containment.of_system(conn, "loans", since=ends - HOUR) == [directive()]
        assert len(containment.of_plan(conn, "plan_1")) == 2
        assert containment.of_plan(conn, "plan_2") == []


def test_a_reverted_directive_is_out_of_force_and_its_systems_version_grows(
    database: Database,
) -> None:
    with database.reading() as conn:
        assert containment.directives_version(conn, "loans") == 0
    with database.unit("ana", NOW) as unit:
        containment.add_directives(unit, [directive(), directive("dir_2")])
    with database.unit("ana", NOW) as unit:
        containment.save_directive(unit, replace(directive(), reverted_at=NOW))
    with database.reading() as conn:
        assert containment.in_force(conn, "loans", NOW) == [directive("dir_2")]
        assert containment.directives_version(conn, "loans") == 2
        assert containment.directives_version(conn, "other") == 0
        assert audit.recent(conn, 1)[0].act.action == "directive.reverted"


def test_directives_are_unended_until_their_plan_is_said_to_have_ended(
    database: Database,
) -> None:
    with database.unit("ana", NOW) as unit:
        containment.save_plan(unit, plan(), PlanState.APPLIED, "ana")
        containment.add_directives(unit, [directive(), directive("dir_2")])
        containment.save_directive(unit, replace(directive("dir_2"), reverted_at=NOW))
    with database.reading() as conn:
        assert containment.unended(conn, "loans") == [directive()]
        assert containment.unended(conn, "other") == []
    with database.unit("ana", NOW + 9 * HOUR) as unit:
        containment.save_plan(unit, plan(), PlanState.EXPIRED)
    with database.reading() as conn:
        assert containment.unended(conn, "loans") == []


def test_a_directive_that_was_never_added_cannot_be_saved(database: Database) -> None:
    with pytest.raises(NotFound, match="add it first"), database.unit("ana", NOW) as unit:
        containment.save_directive(unit, directive())


def test_verifications_come_back_in_the_order_of_time(database: Database) -> None:
    incident = opened(database)
    looks = [
        Verification(
            incident=incident.id,
            at=NOW + k * HOUR,
            measure="accuracy",
            slice=WOMEN,
            verdict=verdict,
            baseline=Rate(1, 10),
            before=Rate(5, 10),
            after=Rate(k, 10),
            evidence=float("-inf"),
            text="so far",
        )
        for k, verdict in enumerate((Recovery.NOT_YET, Recovery.RECOVERED))
    ]
    with database.unit("contain", NOW) as unit:
        for look in reversed(looks):
            containment.add_verification(unit, look)
    with database.reading() as conn:
        assert containment.verifications(conn, incident.id) == looks


def test_what_is_in_force_or_has_ended_is_found_across_systems(database: Database) -> None:
    first = directive()
    other = replace(directive("dir_2", system="fraud"), expires_at=NOW + MINUTE)
    lifted = replace(directive("dir_3"), reverted_at=NOW + MINUTE)
    with database.unit("test", NOW) as unit:
        containment.add_directives(unit, [replace(one, plan=None) for one in (first, other)])
        containment.add_directives(unit, [replace(lifted, plan=None)])
    with database.reading() as conn:
        at_first = containment.all_in_force(conn, NOW)
        later = NOW + 2 * MINUTE
        assert [one.id for one in at_first] == ["dir_2", "dir_1"], "the first to end first"
        assert [one.id for one in containment.all_in_force(conn, later)] == ["dir_1"]
        assert [one.id for one in containment.ended(conn, NOW, later)] == ["dir_3", "dir_2"]
        assert containment.ended(conn, later, later + MINUTE) == []


def test_since_when_it_is_obeyed_is_kept_without_waking_who_serves(database: Database) -> None:
    one = directive()
    with database.unit("ana", NOW) as unit:
        containment.add_directives(unit, [one])
        containment.save_directive(unit, replace(one, reverted_at=NOW + MINUTE))
        told = containment.directives_version(unit.conn, one.system)
        containment.save_obeyed(unit, replace(one, obeyed_at=NOW + MINUTE))
        assert containment.directives_version(unit.conn, one.system) == told
        (kept,) = containment.some(unit.conn, [one.id])
    # what was written meanwhile stays
    assert (kept.obeyed_at, kept.reverted_at) == (NOW + MINUTE, NOW + MINUTE)

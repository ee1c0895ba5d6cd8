"""Gathering for a plan: reach, versions, failure."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.profile.rows import LENDING, START, lake_rows, spec_of, table
from tests.store import examples
from tests.web import story
from tests.web.cast import NOW, Stage
from tocsin.base.errors import BadInput
from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import Span
from tocsin.contain.directive import Action
from tocsin.contain.plan import Step
from tocsin.profile.cell import CellKey
from tocsin.profile.kernel import profile
from tocsin.store import findings, profiles, systems
from tocsin.web.plans import propose_plan, reach, versions

HOUR = story.HOUR
ZERO = examples.counts(0)


def test_the_newest_version_and_the_one_before_are_told_by_when_they_began() -> None:
    cells = {
        CellKey("b", "", NOW - 30 * HOUR): ZERO,
        CellKey("a", "", NOW - 90 * HOUR): ZERO,
        CellKey("a", "", NOW): ZERO,
        CellKey("c", "sex=f", NOW): ZERO,
    }
    known = versions(cells, NOW)
    assert (known.newest, known.previous, known.is_new) == ("b", "a", True)


def test_a_version_that_ran_for_days_before_the_harm_is_not_new() -> None:
    cells = {CellKey("a", "", NOW - 90 * HOUR): ZERO, CellKey("b", "", NOW - 60 * HOUR): ZERO}
    assert not versions(cells, NOW).is_new


def test_a_version_that_began_after_the_harm_is_not_its_cause() -> None:
    cells = {CellKey("a", "", NOW - 90 * HOUR): ZERO, CellKey("b", "", NOW): ZERO}
    assert not versions(cells, NOW - 5 * HOUR).is_new


def test_one_version_alone_or_none_can_not_be_rolled_back() -> None:
    assert versions({}, NOW).newest is None
    assert versions({CellKey("a", "", NOW): ZERO}, NOW).previous is None


def test_reach_is_the_slices_share_of_the_last_windows_traffic(stage: Stage) -> None:
    story.traffic(stage, version="1", hours_ago=3, women=30, everyone=100)
    story.traffic(stage, version="1", hours_ago=1, women=50, everyone=100)
    story.traffic(stage, version="1", hours_ago=40, women=0, everyone=1000)
    with stage.site.database.reading() as conn:
        stored = systems.get(conn, "loans")
        women = reach(conn, stored, examples.WOMEN, stage.watch())
        nobody = reach(conn, stored, Slice.of({"sex": "f", "region": "north"}), stage.watch())
    assert (women.n, women.share) == (80, 0.4)
    hours = 3 + 5 / 60  # the watch says 14:05, the first bucket began at 11:00
    assert math.isclose(women.decisions_per_hour, 80 / hours)
    assert nobody.n == 0


def test_reach_of_an_intersection_is_counted(stage: Stage) -> None:
    raw = table(2_000, seed=5, hours=24)
    spec = spec_of(raw)
    rows = lake_rows(raw, spec)
    both = Slice.of({"employer": "government", "sex": "f"})
    with stage.site.database.unit("test", NOW) as unit:
        systems.save(unit, LENDING, spec, (), 0, "")
        profiles.advance(unit, spec, moves={}, delta=profile(rows, spec))
        stored = systems.get(unit.conn, "lending")
        seen = reach(unit.conn, stored, both, START + timedelta(days=1))
        everyone = reach(unit.conn, stored, EVERYONE, START + timedelta(days=1))
    mine = sum((r["s_employer"], r["s_sex"]) == ("government", "f") for r in rows.to_pylist())
    assert (seen.n, seen.share) == (mine, mine / 2_000)
    assert (everyone.n, everyone.share) == (2_000, 1.0)


def test_without_traffic_reach_says_so(stage: Stage) -> None:
    with stage.site.database.reading() as conn:
        seen = reach(conn, systems.get(conn, "loans"), examples.WOMEN, stage.watch())
    assert seen.n == 0
    assert math.isnan(seen.share)


def test_harm_to_everyone_since_a_new_version_is_rolled_back(stage: Stage) -> None:
    story.traffic(stage, version="1", hours_ago=60, women=50, everyone=100)
    story.traffic(stage, version="2", hours_ago=2, women=50, everyone=100)
    order = {"system": "loans", "title": "Wrong for all"}
    stage.ask("responder", "POST", "/v1/incidents", order)
    story.alarm(stage)
    with stage.site.database.unit("ada", stage.watch()) as unit:
        plan = propose_plan(unit, "1").plan
    assert plan.steps[0].action is Action.ROLLBACK
    assert plan.steps[0].to_version == "1"
    assert plan.reach.n == 100


def test_unexplained_harm_to_some_is_reviewed_by_people(stage: Stage) -> None:
    story.declare(stage)
    story.alarm(stage)
    with stage.site.database.unit("ada", stage.watch()) as unit:
        plan = propose_plan(unit, "1").plan
    assert plan.steps[0].action is Action.REVIEW
    assert plan.steps[0].slice == examples.WOMEN


def test_a_rollback_that_names_no_version_goes_to_the_last_good_one(stage: Stage) -> None:
    story.traffic(stage, version="1", hours_ago=80, women=50, everyone=200)
    story.traffic(stage, version="2", hours_ago=50, women=50, everyone=200)
    story.traffic(stage, version="3", hours_ago=2, women=50, everyone=200)
    harmful = replace(
        examples.finding(), slice=EVERYONE, window=Span(NOW - 73 * HOUR, NOW - 49 * HOUR)
    )
    with stage.site.database.unit("test", NOW) as unit:
        findings.save(unit, "loans", NOW - 49 * HOUR, [harmful], whole=True)
    story.declare(stage)
    step = Step(action=Action.ROLLBACK, for_=HOUR)
    with stage.site.database.unit("ada", stage.watch()) as unit:
        (made,) = propose_plan(unit, "1", [step]).plan.steps
    assert made.to_version == "1"
    assert "passed over: 2" in made.reason


def test_a_rollback_without_anything_to_go_back_to_is_refused(stage: Stage) -> None:
    story.declare(stage)
    step = Step(action=Action.ROLLBACK, for_=HOUR)
    with (
        pytest.raises(BadInput, match="no earlier version is known to be good"),
        stage.site.database.unit("ada", stage.watch()) as unit,
    ):
        propose_plan(unit, "1", [step])


def test_a_kill_switch_is_for_everyone_whatever_the_incidents_slice(stage: Stage) -> None:
    story.traffic(stage, version="1", hours_ago=1, women=50, everyone=200)
    story.declare(stage)
    step = Step(action=Action.KILL, for_=HOUR, slice=examples.WOMEN)
    with stage.site.database.unit("ada", stage.watch()) as unit:
        plan = propose_plan(unit, "1", [step]).plan
    assert plan.steps[0].slice == EVERYONE
    assert plan.reach.share == 1.0

"""Gathering for a plan: reach, versions, failure."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.jobs.dial import Dial, outlet
from tests.store import examples
from tests.web import story
from tests.web.cast import NOW, Stage
from tocsin.base.errors import BadInput
from tocsin.base.slices import EVERYONE
from tocsin.base.spans import Span
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.directive import Action
from tocsin.contain.explain import explain
from tocsin.contain.plan import Step
from tocsin.contain.playbook import Done
from tocsin.ingest.rows import Attribute
from tocsin.store import containment, findings, incidents, systems
from tocsin.web import playbooks
from tocsin.web.plans import propose_plan

HOUR = story.HOUR
ZERO = examples.counts(0)


def test_harm_to_everyone_since_a_new_version_is_rolled_back(stage: Stage) -> None:
    story.traffic(stage, version="1", hours_ago=60, women=50, everyone=100)
    story.traffic(stage, version="2", hours_ago=2, women=50, everyone=100)
    order = {"system": "loans", "title": "Wrong for all"}
    stage.ask("responder", "POST", "/v1/incidents", order)
    story.alarm(stage)
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        plan = propose_plan(unit, "1").plan
    assert plan.steps[0].action is Action.ROLLBACK
    assert plan.steps[0].to_version == "1"
    assert plan.reach.n == 100


def test_unexplained_harm_to_some_is_reviewed_by_people(stage: Stage) -> None:
    story.declare(stage)
    story.alarm(stage)
    with stage.site.database.unit("aspen", stage.watch()) as unit:
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
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        (made,) = propose_plan(unit, "1", [step]).plan.steps
    assert made.to_version == "1"
    assert "passed over: 2" in made.reason


def test_a_rollback_without_anything_to_go_back_to_is_refused(stage: Stage) -> None:
    story.declare(stage)
    step = Step(action=Action.ROLLBACK, for_=HOUR)
    with (
        pytest.raises(BadInput, match="no earlier version is known to be good"),
        stage.site.database.unit("aspen", stage.watch()) as unit,
    ):
        propose_plan(unit, "1", [step])


def test_a_kill_switch_is_for_everyone_whatever_the_incidents_slice(stage: Stage) -> None:
    story.traffic(stage, version="1", hours_ago=1, women=50, everyone=200)
    story.declare(stage)
    step = Step(action=Action.KILL, for_=HOUR, slice=examples.WOMEN)
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        plan = propose_plan(unit, "1", [step]).plan
    assert plan.steps[0].slice == EVERYONE
    assert plan.reach.share == 1.0


def test_each_step_is_measured_by_itself(stage: Stage) -> None:
    story.traffic(stage, version="1", hours_ago=1, women=50, everyone=200)
    story.declare(stage)
    steps = [
        Step(action=Action.REVIEW, for_=HOUR, slice=examples.WOMEN),
        Step(action=Action.SHADOW, for_=HOUR, to_version="1"),
    ]
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        made = propose_plan(unit, "1", steps).plan
        assert [made.reach_of(step).share for step in made.steps] == [0.25, 1.0]
    (told,) = stage.ask("reader", "GET", "/v1/incidents/1/plans").json()["plans"]
    assert [step["reach"]["share"] for step in told["steps"]] == [0.25, 1.0]
    assert "(25 % of traffic" in told["explain"][0]
    assert "(100 % of traffic" in told["explain"][1]


def cut_by_sex(stage: Stage) -> None:
    """Let the rows of the system say whose they are."""
    schema = replace(examples.SPEC.schema, attributes=(Attribute("sex"),))
    with stage.site.database.unit("test", stage.watch()) as unit:
        spec = replace(examples.SPEC, schema=schema)
        systems.save(unit, examples.SYSTEM, spec, (), 20_000, "0" * 64)


def test_a_source_is_quarantined_as_the_playbook_against_poisoning_says(stage: Stage) -> None:
    cut_by_sex(stage)
    story.declare(stage)
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        playbooks.chosen(unit, stage.site, "1", "data-poisoning")
        book = next(one for one in BUILT_IN if one.name == "data-poisoning")
        place = next(k for k, one in enumerate(book.steps) if one.action is Action.QUARANTINE)
        playbooks.ticked(unit, "1", place, Done.DONE)
        incident = incidents.get(unit.conn, "1")
        (stored,) = containment.plans(unit.conn, incident.id)
    assert stored.plan.steps[0].slice == examples.WOMEN
    assert "Count nothing that comes from sex=f" in explain(stored.plan)[0]


@pytest.mark.parametrize(
    ("said", "why"), [({}, "name the source"), ({"feed": "b"}, "rows do not say 'feed'")]
)
def test_a_source_that_rows_do_not_show_is_refused_and_nothing_is_stored(
    stage: Stage, said: dict[str, str], why: str
) -> None:
    story.declare(stage)
    order = {"steps": [{"action": "quarantine", "slice": said, "for": "24h"}]}
    answer = stage.ask("responder", "POST", "/v1/incidents/1/plans", order)
    assert answer.status_code == 400
    assert why in answer.text
    assert stage.ask("reader", "GET", "/v1/incidents/1/plans").json()["plans"] == []


def test_the_serving_side_hears_nothing_of_a_quarantine(stage: Stage) -> None:
    cut_by_sex(stage)
    story.declare(stage)
    order = {"steps": [{"action": "quarantine", "slice": {"sex": "f"}, "for": "24h"}]}
    plan = stage.ask("responder", "POST", "/v1/incidents/1/plans", order).json()
    path = f"/v1/plans/{plan['id']}/approve"
    assert stage.ask("approver", "POST", path, {"hash": plan["hash"]}).status_code == 200
    told = stage.ask("service", "GET", "/v1/directives?system=loans").json()
    assert told["directives"] == []
    shown = stage.ask("reader", "GET", "/v1/incidents/1/containment").json()
    assert [one["action"] for one in shown["in_force"]] == ["quarantine"]


def test_a_plan_says_what_actuators_will_do_and_is_approved_with_it(
    stage: Stage, tmp_path: Path
) -> None:
    story.declare(stage)
    known = {"dial": outlet(Dial(tmp_path / "dial"))}
    step = Step(action=Action.REVIEW, slice=examples.WOMEN, for_=HOUR)
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        plain = propose_plan(unit, "1", [step]).plan
        acted = propose_plan(unit, "1", [step], actuators=known).plan
    assert acted.steps[0].outside == ("dial (dial) turns the dial to review.",)
    assert explain(acted)[0] == f"{explain(plain)[0]} dial (dial) turns the dial to review."
    assert acted.hash != plain.hash


def test_what_cannot_tell_versions_apart_refuses_a_plan_of_one(
    stage: Stage, tmp_path: Path
) -> None:
    story.declare(stage)
    blind = {"dial": outlet(Dial(tmp_path / "x"))}
    step = Step(action=Action.REVIEW, for_=HOUR, slice=examples.WOMEN, of_version="2")
    with (
        pytest.raises(BadInput, match="cannot tell versions apart"),
        stage.site.database.unit("aspen", stage.watch()) as unit,
    ):
        propose_plan(unit, "1", [step], actuators=blind)

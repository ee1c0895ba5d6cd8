"""Gathering for a plan: reach, versions, failure."""

from tests.store import examples
from tests.web import story
from tests.web.cast import Stage
from tocsin.contain.directive import Action
from tocsin.web.plans import propose_plan

HOUR = story.HOUR
ZERO = examples.counts(0)


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

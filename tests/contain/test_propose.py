import pytest

from tests.contain.cases import NOON, NORTH
from tocsin.base.slices import Slice
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.conflict import checked
from tocsin.contain.directive import Action
from tocsin.contain.failure import Failure
from tocsin.contain.plan import Plan
from tocsin.contain.playbook import Playbook
from tocsin.contain.propose import propose
from tocsin.contain.versions import Good
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.ingest.system import Risk, System


def finding(
    layer: Layer,
    slice_: Slice = NORTH,
    *,
    column: str | None = None,
    measure: str = "m",
    verdict: Verdict = Verdict.ALARM,
) -> Finding:
    return Finding(
        layer=layer,
        measure=measure,
        value=0,
        baseline=0,
        effect=0,
        interval=(0, 0),
        threshold=0,
        n=1,
        n_baseline=1,
        verdict=verdict,
        level=Level.PAGE,
        why="…",
        column=column,
        slice=slice_,
    )


def planned(playbook: Playbook, previous: str | None = None) -> Plan:
    return propose(
        System(name="loans", risk=Risk.HIGH),
        playbook,
        NORTH,
        now=NOON.replace(microsecond=5),
        id_="plan_1",
        incident="inc_1",
        good=None if previous is None else Good(previous),
    )


@pytest.mark.parametrize("playbook", BUILT_IN, ids=lambda one: one.name)
def test_every_playbook_has_a_plan_that_holds_together_and_ends(playbook: Playbook) -> None:
    plan = planned(playbook, previous="v1")
    assert checked(plan, [], NOON) is plan
    actions = [step.action for step in playbook.steps if step.action]
    assert plan.steps[0].action is (actions[0] if actions else Action.REVIEW)
    assert (plan.expires_at(plan.steps[0]) - NOON).total_seconds() == 4 * 3600
    assert plan.risk is Risk.HIGH


def test_without_a_version_to_return_to_people_decide() -> None:
    release = next(one for one in BUILT_IN if Failure.VERSION in one.failures)
    assert planned(release, previous="v1").steps[0].to_version == "v1"
    assert planned(release).steps[0].action is Action.REVIEW

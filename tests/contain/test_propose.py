import pytest

from tests.contain.cases import NOON, NORTH
from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain.conflict import checked
from tocsin.contain.directive import Action
from tocsin.contain.plan import Plan, Reach
from tocsin.contain.propose import PLAYBOOK, Failure, propose, recognise
from tocsin.contain.versions import Good
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.ingest.system import Risk, System


def finding(
    layer: Layer,
    slice_: Slice = NORTH,
    *,
    column: str | None = None,
    verdict: Verdict = Verdict.ALARM,
) -> Finding:
    return Finding(
        layer=layer,
        measure="m",
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


def planned(failure: Failure, previous: str | None = None) -> Plan:
    return propose(
        System(name="loans", risk=Risk.HIGH),
        failure,
        NORTH,
        Reach(share=0.13, decisions_per_hour=410, n=820),
        now=NOON.replace(microsecond=5),
        id_="plan_1",
        incident="inc_1",
        good=None if previous is None else Good(previous),
    )


@pytest.mark.parametrize("failure", list(Failure))
def test_every_failure_has_a_plan_that_holds_together_and_ends(failure: Failure) -> None:
    plan = planned(failure, previous="v1")
    assert checked(plan, [], NOON) is plan
    assert plan.steps[0].action is PLAYBOOK[failure].action
    assert (plan.expires_at(plan.steps[0]) - NOON).total_seconds() == 4 * 3600
    assert plan.risk is Risk.HIGH


def test_without_a_version_to_return_to_people_decide() -> None:
    assert planned(Failure.VERSION).steps[0].action is Action.REVIEW


@pytest.mark.parametrize(
    ("findings", "slice_", "failure"),
    [
        ([finding(Layer.DRIFT, column="income"), finding(Layer.FAIRNESS)], NORTH, Failure.INPUT),
        ([finding(Layer.HEALTH), finding(Layer.PERFORMANCE)], NORTH, Failure.OUTAGE),
        ([finding(Layer.PERFORMANCE, EVERYONE)], EVERYONE, Failure.VERSION),
        ([finding(Layer.PERFORMANCE)], NORTH, Failure.UNEXPLAINED),
        ([finding(Layer.FAIRNESS)], NORTH, Failure.UNFAIR),
        ([finding(Layer.DRIFT, column="x", verdict=Verdict.OK)], NORTH, Failure.UNEXPLAINED),
        (
            [finding(Layer.DRIFT, Slice.of({"region": "south"}), column="x")],
            NORTH,
            Failure.UNEXPLAINED,
        ),
    ],
)
def test_failures_are_recognised_by_what_alarms_about_the_slice(
    findings: list[Finding], slice_: Slice, failure: Failure
) -> None:
    assert recognise(findings, slice_, new_version=True) is failure

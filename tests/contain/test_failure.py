import pytest

from tests.contain.cases import NORTH
from tests.contain.test_propose import finding
from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain.failure import SAID, Failure, recognise
from tocsin.detect.finding import Finding, Layer, Verdict


@pytest.mark.parametrize(
    ("findings", "slice_", "failure"),
    [
        ([finding(Layer.DRIFT, column="income"), finding(Layer.FAIRNESS)], NORTH, Failure.INPUT),
        ([finding(Layer.HEALTH), finding(Layer.PERFORMANCE)], NORTH, Failure.OUTAGE),
        ([finding(Layer.PERFORMANCE, EVERYONE)], EVERYONE, Failure.VERSION),
        ([finding(Layer.PERFORMANCE)], NORTH, Failure.DECAY),
        ([finding(Layer.SLO)], NORTH, Failure.DECAY),
        ([finding(Layer.KPI, EVERYONE)], EVERYONE, Failure.KPI),
        ([finding(Layer.FAIRNESS), finding(Layer.PERFORMANCE)], NORTH, Failure.UNFAIR),
        ([finding(Layer.DRIFT, measure="outcome_rate")], NORTH, Failure.POISONING),
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


def test_what_people_must_say_is_never_guessed() -> None:
    layers = [finding(layer) for layer in Layer]
    seen = {recognise([one], NORTH, new_version=new) for one in layers for new in (True, False)}
    assert not seen & set(SAID)

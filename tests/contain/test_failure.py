from dataclasses import replace

import pytest

from tests.contain.cases import NOON, NORTH
from tests.contain.test_propose import finding
from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain.failure import SAID, Failure, Signs, recognise
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.ingest.change import Change, ChangeKind


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
    assert recognise(findings, slice_, Signs(new_version="2")) is failure


def test_what_people_must_say_is_never_guessed() -> None:
    layers = [finding(layer) for layer in Layer]
    signs = [Signs(new_version=new, changes=(VENDOR, INDEX)) for new in ("2", None)]
    seen = {recognise([one], NORTH, sign) for one in layers for sign in signs}
    assert not seen & set(SAID)


VENDOR = Change(id="chg_1", at=NOON, system="loans", kind=ChangeKind.VENDOR, title="theirs")
INDEX = replace(VENDOR, id="chg_2", kind=ChangeKind.INDEX)
FOR_ALL, IN_NORTH = [finding(Layer.PERFORMANCE, EVERYONE)], [finding(Layer.PERFORMANCE)]


@pytest.mark.parametrize(
    ("findings", "slice_", "signs", "failure"),
    [
        (FOR_ALL, EVERYONE, Signs(changes=(VENDOR,)), Failure.VENDOR),
        (FOR_ALL, EVERYONE, Signs(changes=(INDEX,)), Failure.RETRIEVAL),
        # exactly those whom it is about must be hurt
        (IN_NORTH, NORTH, Signs(changes=(VENDOR,)), Failure.DECAY),
        (IN_NORTH, NORTH, Signs(changes=(replace(INDEX, scope=NORTH),)), Failure.RETRIEVAL),
        # of two suspects neither is named
        (FOR_ALL, EVERYONE, Signs(changes=(VENDOR, INDEX)), Failure.DECAY),
        # nobody is hurt
        ([], EVERYONE, Signs(changes=(VENDOR,)), Failure.UNEXPLAINED),
        ([finding(Layer.KPI, EVERYONE)], EVERYONE, Signs(changes=(VENDOR,)), Failure.KPI),
        # the version that everyone met is nearer than a change that is only recorded
        (FOR_ALL, EVERYONE, Signs(new_version="2", changes=(VENDOR,)), Failure.VERSION),
        (
            FOR_ALL,
            EVERYONE,
            Signs(new_version="2", changes=(replace(VENDOR, version="2"),)),
            Failure.VENDOR,
        ),
        # any other change says nothing
        (
            FOR_ALL,
            EVERYONE,
            Signs(changes=(replace(VENDOR, kind=ChangeKind.PROMPT),)),
            Failure.DECAY,
        ),
    ],
)
def test_a_recorded_change_is_to_blame_where_exactly_those_it_is_about_are_hurt(
    findings: list[Finding], slice_: Slice, signs: Signs, failure: Failure
) -> None:
    assert recognise(findings, slice_, signs) is failure


@pytest.mark.parametrize(
    ("named", "failure"),
    [
        ({"moderation"}, Failure.MODERATION),
        ({"generation", "disk"}, Failure.GENERATION),
        ({"disk"}, Failure.DECAY),
        ({"moderation", "generation"}, Failure.DECAY),
        ({"Moderation"}, Failure.DECAY),
    ],
)
def test_what_an_alert_of_another_system_names_counts_unless_two_differ(
    named: set[str], failure: Failure
) -> None:
    assert recognise(IN_NORTH, NORTH, Signs(named=frozenset(named))) is failure


def test_late_monitors_are_the_failure_only_where_nothing_alarms() -> None:
    blind = Signs(blind=True)
    assert recognise([], NORTH, blind) is Failure.MONITORING
    assert recognise(IN_NORTH, NORTH, blind) is Failure.DECAY

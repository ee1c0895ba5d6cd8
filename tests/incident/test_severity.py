"""The matrix, its reasons, and what may wake people."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from tests.alert.build import NOW, finding
from tocsin.base.spans import Span
from tocsin.detect.finding import Finding, Layer, Level
from tocsin.incident.incident import Severity
from tocsin.incident.severity import (
    ROWS,
    Harm,
    Matrix,
    Reach,
    harm_of,
    per_hour,
    reach,
    severity,
    share_of,
)
from tocsin.ingest.system import Impact, Risk, System, Undo

LOAN = System(name="loan-approval", risk=Risk.MEDIUM)
EVERYONE_N = finding(n=10_000)
GOVERNMENT = finding(slice_="employer=government", n=800)
ACCURACY = finding(measure="accuracy", slice_="region=north", n=800)


def graded(alarm: Finding, risk: Risk = Risk.MEDIUM) -> Severity:
    return severity(replace(LOAN, risk=risk), [alarm], [EVERYONE_N])[0]


def test_the_table_in_the_docstring_is_the_table_that_is_used() -> None:
    grave = [graded(replace(ACCURACY, n=n)) for n in (100, 800, 5_000)]
    assert grave == [Severity.SEV3, Severity.SEV2, Severity.SEV1]
    shifted = [graded(replace(GOVERNMENT, n=n)) for n in (100, 800, 5_000)]
    assert shifted == [Severity.SEV3, Severity.SEV2, Severity.SEV2]


def test_risk_moves_the_grade_by_one_step_within_its_ends() -> None:
    few = replace(GOVERNMENT, n=100)
    assert [graded(few, risk) for risk in Risk] == [Severity.SEV4, Severity.SEV3, Severity.SEV2]
    many = replace(ACCURACY, n=9_000)
    assert graded(many, Risk.HIGH) == Severity.SEV1


@pytest.mark.parametrize("risk", list(Risk))
def test_drift_and_quality_alone_never_wake_anybody(risk: Risk) -> None:
    for layer in (Layer.DRIFT, Layer.QUALITY):
        drift = finding(layer=layer, measure="psi", level=Level.TICKET, evidence=300, n=10_000)
        assert graded(drift, risk) >= Severity.SEV3


def test_worse_never_grades_milder() -> None:
    for row in ROWS.values():
        assert list(row) == sorted(row, reverse=True)
    order = list(Risk)
    for n, (k, risk) in product((10, 800, 9_000), enumerate(order)):
        for milder in order[:k]:
            assert graded(replace(ACCURACY, n=n), risk) <= graded(replace(ACCURACY, n=n), milder)


def test_the_gravest_alarm_decides_and_gives_the_reason() -> None:
    grade, why = severity(LOAN, [GOVERNMENT, replace(ACCURACY, n=9_000)], [EVERYONE_N])
    assert grade == Severity.SEV1
    assert why == (
        "decisions are wrong more often for region=north (90.0 % of traffic); medium risk system"
    )


def test_harm_that_is_only_estimated_is_not_told_as_fact() -> None:
    grade, why = severity(LOAN, [replace(ACCURACY, measure="estimated_accuracy")], [EVERYONE_N])
    assert grade == severity(LOAN, [ACCURACY], [EVERYONE_N])[0]
    assert why.startswith("decisions are wrong more often, to judge by their scores, for region=")


def test_scores_that_lie_are_told_as_such() -> None:
    _, why = severity(LOAN, [replace(ACCURACY, measure="calibration")], [EVERYONE_N])
    assert why.startswith("scores no longer mean what they meant for ")


def test_harm_is_told_by_measure_then_layer_and_only_for_what_pages() -> None:
    assert harm_of(GOVERNMENT) == Harm.SHIFTED
    assert harm_of(ACCURACY) == Harm.WRONG
    assert harm_of(finding(layer=Layer.FAIRNESS, measure="selection_gap")) == Harm.UNFAIR
    assert harm_of(finding(layer=Layer.HEALTH, measure="silence")) == Harm.SILENT
    assert harm_of(finding(layer=Layer.HEALTH, measure="error_share")) == Harm.BROKEN
    assert harm_of(replace(ACCURACY, level=Level.TICKET)) == Harm.SUSPICIOUS


def test_a_share_compares_like_with_like() -> None:
    labelled = finding(measure="accuracy", n=1_600)
    assert share_of(ACCURACY, [EVERYONE_N, labelled]) == 0.5
    assert share_of(ACCURACY, [EVERYONE_N]) == 0.08
    assert share_of(EVERYONE_N, []) == 1.0
    assert share_of(ACCURACY, []) != share_of(ACCURACY, [])  # NaN: it cannot be told


def test_many_decisions_an_hour_are_many_whatever_their_share() -> None:
    hour = Span(NOW - timedelta(hours=1), NOW)
    busy = replace(ACCURACY, n=5_000, window=hour)
    assert per_hour(busy) == 5_000
    assert reach(0.001, 5_000, Matrix()) == Reach.MANY
    assert reach(0.001, 200, Matrix()) == Reach.SOME
    assert reach(float("nan"), float("nan"), Matrix()) == Reach.FEW
    _, why = severity(LOAN, [busy], [finding(n=10_000_000)])
    assert "about 5,000 decisions an hour" in why


def test_the_matrix_is_a_setting() -> None:
    rows = {**ROWS, Harm.SHIFTED: (Severity.SEV1, Severity.SEV1, Severity.SEV1)}
    assert severity(LOAN, [GOVERNMENT], [EVERYONE_N], Matrix(rows=rows))[0] == Severity.SEV1


def test_a_kpi_is_harm_to_the_business_and_counts_no_decisions() -> None:
    hour = Span(NOW - timedelta(hours=1), NOW)
    clicks = finding(layer=Layer.KPI, measure="rate_sustained", n=90_000)
    assert harm_of(clicks) == Harm.BUSINESS
    grade, why = severity(LOAN, [replace(clicks, window=hour)], [EVERYONE_N])
    assert grade == Severity.SEV2
    assert why.startswith("a number that the business lives by has moved for everyone")
    assert "an hour" not in why


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("undo", "takes_effect", "grade", "says"),
    [
        (None, None, Severity.SEV2, ""),
        (None, DAY, Severity.SEV2, "; decisions take effect after 1 d"),
        (Undo.NEVER, None, Severity.SEV1, "; decisions take effect at once and cannot be undone"),
        (Undo.NEVER, DAY / 2, Severity.SEV1, " after 12 h and cannot be undone"),
        (Undo.NEVER, DAY, Severity.SEV2, " after 1 d and cannot be undone"),
        (Undo.HARDLY, None, Severity.SEV2, " at once and are hard to undo"),
        (Undo.HARDLY, 9 * DAY, Severity.SEV2, " after 9 d and are hard to undo"),
        (Undo.EASILY, timedelta(0), Severity.SEV2, " at once and are easily undone"),
        (Undo.EASILY, 3 * DAY, Severity.SEV3, " after 3 d and are easily undone"),
    ],
)
def test_what_cannot_be_undone_is_graver_and_what_can_still_be_stopped_milder(
    undo: Undo | None, takes_effect: timedelta | None, grade: Severity, says: str
) -> None:
    system = replace(LOAN, impact=Impact(undo=undo, takes_effect=takes_effect))
    found, why = severity(system, [ACCURACY], [EVERYONE_N])
    assert (found, severity(LOAN, [ACCURACY], [EVERYONE_N])[0]) == (grade, Severity.SEV2)
    assert why.partition("medium risk system")[2].endswith(says)
    assert bool(says) == (";" in why.partition("medium risk system")[2])


def test_undoing_wakes_nobody_for_mere_suspicion_nor_silences_a_promise() -> None:
    grave = replace(LOAN, impact=Impact(undo=Undo.NEVER))
    drift = finding(layer=Layer.DRIFT, measure="psi", level=Level.TICKET, n=10_000)
    assert severity(grave, [drift], [EVERYONE_N])[0] == Severity.SEV3
    mild = replace(LOAN, impact=Impact(undo=Undo.EASILY, takes_effect=DAY))
    promise = finding(layer=Layer.SLO, measure="burn", n=1)
    assert severity(mild, [promise], [EVERYONE_N])[0] == Severity.SEV2

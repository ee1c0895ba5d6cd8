from dataclasses import replace
from datetime import timedelta

import numpy as np
from scipy.stats import binomtest

from tests.store.examples import SPEC
from tests.web.views.nouns import HOUR, NOW
from tocsin.base.spans import Span
from tocsin.ingest.system import Kind
from tocsin.profile.cell import CellKey, Counts
from tocsin.profile.layout import SCORE_UNITS, layout_of
from tocsin.profile.spec import NumericBins
from tocsin.web.views import series
from tocsin.web.views.series import SHARES

LAYOUT = layout_of(SPEC)
START = NOW.replace(minute=0)


def cell(n: int, positive: int) -> Counts:
    counts = LAYOUT.zero()
    for name, value in (("n", n), ("n_prediction", n), ("n_positive", positive)):
        counts[LAYOUT.places[name]] = value
    return counts


def test_buckets_fall_into_their_steps_and_versions_add_up() -> None:
    profile = {
        CellKey("a", "", START): cell(10, 5),
        CellKey("b", "", START + HOUR): cell(20, 4),
        CellKey("b", "", START + 2 * HOUR): cell(7, 7),
        CellKey("b", "sex=f", START): cell(3, 3),
        CellKey("b", "", START + 9 * HOUR): cell(99, 0),
    }
    span = Span(START, START + 4 * HOUR)
    sums = series.steps(profile, LAYOUT, "", span, 2 * HOUR)
    assert LAYOUT.get(sums, "n").ravel().tolist() == [30, 7]


def test_a_step_without_rows_is_a_gap() -> None:
    sums = np.stack([cell(10, 5), cell(0, 0), cell(4, 1)])
    share = SHARES["selection_rate"]
    points = series.shares(sums, LAYOUT, share.yes, share.of, Span(START, START + 3 * HOUR), HOUR)
    assert [point.value for point in points] == [0.5, None, 0.25]
    assert points[1].low is None


def test_volume_is_zero_inside_and_unknown_outside_of_what_was_seen() -> None:
    sums = np.stack([cell(0, 0), cell(3, 0), cell(0, 0), cell(2, 0), cell(0, 0)])
    points = series.counted(sums, LAYOUT, Span(START, START + 5 * HOUR), HOUR)
    assert [point.value for point in points] == [None, 3.0, 0.0, 2.0, None]


def test_the_interval_is_wilsons() -> None:
    for k, n in ((0, 5), (3, 10), (200, 1000)):
        theirs = binomtest(k, n).proportion_ci(method="wilson")
        np.testing.assert_allclose(series.wilson(k, n), (theirs.low, theirs.high), atol=1e-6)


def test_the_usual_range_holds_most_points_when_all_is_well() -> None:
    r = np.random.default_rng(3)
    blocks = [cell(1000, int(r.binomial(1000, 0.4))) for _ in range(20)]
    sums = np.stack([cell(80, int(r.binomial(80, 0.4))) for _ in range(2000)])
    share = SHARES["selection_rate"]
    span = Span(START, START + 2000 * HOUR)
    points = series.shares(sums, LAYOUT, share.yes, share.of, span, HOUR)
    usual = series.usual_range(blocks, LAYOUT, share, points)
    assert usual is not None
    inside = np.mean([usual[0] <= (p.value or 0.0) <= usual[1] for p in points])
    assert 0.93 < inside < 0.98


def test_steps_are_whole_buckets_and_few_enough() -> None:
    for days in (1, 7, 30, 400):
        step = series.step_of(timedelta(days=days), 900)
        assert step.total_seconds() % 900 == 0
        assert timedelta(days=days) / step <= series.POINTS_AT_MOST


def test_a_share_that_a_system_has_not_is_drawn_as_the_nearest_it_has() -> None:
    several = layout_of(replace(SPEC, kind=Kind.MULTICLASS, classes=("cat", "dog")))
    grid = NumericBins("error", (0.0, 1.0), 1.0)
    number = layout_of(replace(SPEC, kind=Kind.REGRESSION, estimate=grid, error=grid))
    lists = layout_of(replace(SPEC, kind=Kind.RANKING, classes=("a",), top=5))
    names = ("selection_rate", "accuracy", "recall", "failed_calls")
    every = (LAYOUT, several, number, lists)
    drawn = [[series.share_in(n, x).title for n in names] for x in every]
    assert drawn == [
        ["Selection rate", "Accuracy", "Recall", "Failed calls"],
        ["Accuracy", "Accuracy", "Accuracy", "Failed calls"],
        ["Failed calls"] * 4,
        [*["Hit rate"] * 3, "Failed calls"],
    ]
    more = [
        series.share_in(series.share_of(n), lists).title for n in ("ctr", "ndcg", "empty_lists")
    ]
    assert more == ["Click-through rate", "Hit rate", "Empty lists"]


def test_ndcg_is_the_mean_of_the_lists_whose_outcome_is_known() -> None:
    layout = layout_of(replace(SPEC, kind=Kind.RANKING, classes=("a",), top=5))
    sums = np.zeros((2, layout.width), np.int64)
    for name, value in (("right", 3), ("wrong", 1), ("ndcg", 2 * SCORE_UNITS)):
        sums[0, layout.places[name]] = value
    points = series.ndcg(sums, layout, Span(START, START + 2 * HOUR), HOUR)
    assert [(point.n, point.value) for point in points] == [(4, 0.5), (0, None)]


def test_the_mix_of_answers_is_drawn_class_by_class() -> None:
    layout = layout_of(replace(SPEC, kind=Kind.MULTICLASS, classes=("cat", "dog")))
    sums = np.zeros((2, layout.width), np.int64)
    layout.get(sums[0], "answers")[:] = (6, 3, 1)  # one of a class that is not told apart
    lines = series.mix(sums, layout, Span(START, START + 2 * HOUR), HOUR)
    assert {name: [p.value for p in points] for name, points in lines.items()} == {
        "cat": [0.6, None],
        "dog": [0.3, None],
    }

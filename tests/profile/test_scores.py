import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import calibration, metrics

from tests.profile.cases import SCORES, SEEDS, Counted, Floats, Truths, decisions
from tocsin.base.errors import BadInput
from tocsin.profile import scores
from tocsin.profile.layout import score_edges

ROC_AUC = cast("Callable[..., float]", metrics.roc_auc_score)
AVERAGE_PRECISION = cast("Callable[..., float]", metrics.average_precision_score)
LOG_LOSS = cast("Callable[..., float]", metrics.log_loss)
BRIER = cast("Callable[..., float]", metrics.brier_score_loss)
CURVE = cast("Callable[..., tuple[Floats, Floats]]", calibration.calibration_curve)
CASES = [(shape, n, seed) for shape in SCORES for n in (2, 9, 3000) for seed in SEEDS]


def drawn(shape: str, n: int, seed: int) -> tuple[Floats, Truths]:
    """Return scores and outcomes that they tell something about, of both classes."""
    r = np.random.default_rng(seed)
    score = SCORES[shape](r, n)
    truth = r.random(n) < 0.1 + 0.6 * score
    truth[0], truth[-1] = False, True
    return score, truth


def confusion(score: Floats, truth: Truths, threshold: float) -> tuple[int, ...]:
    yes = score >= threshold
    parts = (yes & truth, yes & ~truth, ~yes & ~truth, ~yes & truth)
    return tuple(int(part.sum()) for part in parts)


def one_class(*, yes: bool) -> Counted:
    score = np.random.default_rng(1).random(50)
    return decisions(score, np.full(50, yes))


@pytest.mark.parametrize(("shape", "n", "seed"), CASES)
def test_the_confusion_at_any_border_is_exact(shape: str, n: int, seed: int) -> None:
    score, truth = drawn(shape, n, seed)
    cell = decisions(score, truth, threshold=0.375)
    edges = score_edges(cell.layout.spec)
    assert 0.375 in edges
    every = scores.confusions(cell.layout, cell.counts)
    for place, edge in enumerate(edges.tolist()[:-1]):
        assert tuple(every[place].tolist()) == confusion(score, truth, edge)
        assert scores.confusion_at(cell.layout, cell.counts, edge) == tuple(every[place].tolist())
        assert scores.confusion_bin_error(cell.layout, cell.counts, edge) == (0, 0)
    for beyond in (-0.5, 1.5):
        exact = confusion(score, truth, beyond)
        assert scores.confusion_at(cell.layout, cell.counts, beyond) == exact


@pytest.mark.parametrize("threshold", [0.333, 0.5012, 0.0001, 0.99999, 1.0])
@pytest.mark.parametrize(("shape", "n", "seed"), CASES[::5])
def test_the_confusion_between_borders_is_within_its_bound(
    shape: str, n: int, seed: int, threshold: float
) -> None:
    score, truth = drawn(shape, n, seed)
    cell = decisions(score, truth)
    found = scores.confusion_at(cell.layout, cell.counts, threshold)
    yes, no = scores.confusion_bin_error(cell.layout, cell.counts, threshold)
    tp, fp, tn, fn = confusion(score, truth, threshold)
    assert tp <= found[0] <= tp + yes
    assert fp <= found[1] <= fp + no
    assert sum(found) == tp + fp + tn + fn


@pytest.mark.parametrize(("shape", "n", "seed"), CASES)
def test_ranking_is_within_its_bound_of_scikit_learn(shape: str, n: int, seed: int) -> None:
    score, truth = drawn(shape, n, seed)
    cell = decisions(score, truth)
    layout, counts = cell.layout, cell.counts
    bound = scores.auc_bin_error(layout, counts) + 1e-12
    assert scores.auc(layout, counts) == pytest.approx(ROC_AUC(truth, score), abs=bound)
    bound = scores.average_precision_bin_error(layout, counts) + 1e-9
    exact = AVERAGE_PRECISION(truth, score)
    assert scores.average_precision(layout, counts) == pytest.approx(exact, abs=bound)
    if n == 3000 and shape == "uniform":
        assert bound < 0.03


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=2, max_size=40))
def test_no_order_within_the_bins_breaks_the_bounds(rows: list[tuple[int, bool]]) -> None:
    score = np.array([place / 4000 + 0.5 for place, _ in rows])  # two bins, many orders
    truth = np.array([label for _, label in rows])
    truth[:2] = [False, True]
    cell = decisions(score, truth)
    layout, counts = cell.layout, cell.counts
    off = abs(scores.auc(layout, counts) - ROC_AUC(truth, score))
    assert off <= scores.auc_bin_error(layout, counts) + 1e-12
    off = abs(scores.average_precision(layout, counts) - AVERAGE_PRECISION(truth, score))
    assert off <= scores.average_precision_bin_error(layout, counts) + 1e-9


@pytest.mark.parametrize(("shape", "n", "seed"), CASES[::3])
def test_the_precision_recall_curve_goes_through_the_raw_one(shape: str, n: int, seed: int) -> None:
    score, truth = drawn(shape, n, seed)
    cell = decisions(score, truth)
    precision, recall, threshold = scores.precision_recall(cell.layout, cell.counts)
    assert (np.diff(threshold) > 0).all()
    for p, r, t in zip(precision, recall, threshold, strict=True):
        tp, fp, _, fn = confusion(score, truth, float(t))
        assert (p, r) == (tp / (tp + fp), tp / (tp + fn))


@pytest.mark.parametrize(("shape", "n", "seed"), CASES)
def test_losses_equal_scikit_learn(shape: str, n: int, seed: int) -> None:
    score, truth = drawn(shape, n, seed)
    cell = decisions(score, truth)
    kept = np.clip(score, 1e-7, 1 - 1e-7)
    found = scores.log_loss(cell.layout, cell.counts)
    assert found == pytest.approx(LOG_LOSS(truth, kept), abs=2**-25 + 1e-12)
    found = scores.brier(cell.layout, cell.counts)
    assert found == pytest.approx(BRIER(truth, score), abs=2**-31 + 1e-15)


@pytest.mark.parametrize(("shape", "n", "seed"), [c for c in CASES if c[0] != "hundredths"])
@pytest.mark.parametrize("bins", [5, 10, 20])
def test_calibration_equals_scikit_learn(shape: str, n: int, seed: int, bins: int) -> None:
    score, truth = drawn(shape, n, seed)
    score = np.clip(score + 1e-9, 0, 1)  # scikit-learn's bins hold their upper borders, ours not
    cell = decisions(score, truth)
    observed, promised, rows = scores.calibration(cell.layout, cell.counts, bins)
    exact_observed, exact_promised = CURVE(truth, score, n_bins=bins)
    some = rows > 0
    assert observed[some].tolist() == exact_observed.tolist()
    bound = scores.score_bin_error(cell.layout) + 1e-12
    assert promised[some] == pytest.approx(exact_promised, abs=bound)
    share = rows[some] / n
    error = float((share * np.abs(exact_observed - exact_promised)).sum())
    found = scores.calibration_error(cell.layout, cell.counts, bins)
    assert found == pytest.approx(error, abs=bound)


@pytest.mark.parametrize("threshold", [0.0001, 0.3749, 0.996])
def test_a_moved_border_widens_a_bin_to_what_is_stated_at_most(threshold: float) -> None:
    cell = decisions(np.array([0.2]), np.array([True]), threshold)
    assert 0.005 < scores.score_bin_error(cell.layout) <= 0.01


def test_a_number_of_bins_that_cuts_through_ours_is_refused() -> None:
    cell = one_class(yes=True)
    with pytest.raises(BadInput, match="7 bins"):
        scores.calibration(cell.layout, cell.counts, 7)


def test_one_class_alone_has_losses_and_no_ranking() -> None:
    for cell in (one_class(yes=True), one_class(yes=False)):
        assert math.isnan(scores.auc(cell.layout, cell.counts))
        assert math.isnan(scores.auc_bin_error(cell.layout, cell.counts))
        assert scores.log_loss(cell.layout, cell.counts) > 0
    no = one_class(yes=False)
    assert math.isnan(scores.average_precision(no.layout, no.counts))
    assert np.isnan(scores.precision_recall(no.layout, no.counts)[1]).all()
    yes = one_class(yes=True)
    assert scores.average_precision(yes.layout, yes.counts) == 1


def test_no_rows_say_nothing() -> None:
    layout = one_class(yes=True).layout
    zero: Any = layout.zero()
    read = (scores.auc, scores.average_precision, scores.log_loss, scores.brier)
    assert all(math.isnan(measure(layout, zero)) for measure in read)
    assert math.isnan(scores.calibration_error(layout, zero))
    assert math.isnan(scores.average_precision_bin_error(layout, zero))
    assert [len(part) for part in scores.precision_recall(layout, zero)] == [0, 0, 0]
    assert scores.confusion_at(layout, zero, 0.5) == (0, 0, 0, 0)

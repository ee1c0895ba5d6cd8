import math

import numpy as np
import pytest

from tests.profile.rows import spec_of, table
from tocsin.profile import measures
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import LATENCY_EDGES_MS

SPEC = spec_of(table(500, 3))
LAYOUT = layout_of(SPEC)


def test_an_empty_cell_has_no_measures() -> None:
    zero = LAYOUT.zero()
    read = (measures.selection_rate, measures.accuracy, measures.precision, measures.recall)
    assert all(math.isnan(measure(LAYOUT, zero)) for measure in read)
    assert math.isnan(measures.auc(LAYOUT, zero))
    assert math.isnan(measures.mean(LAYOUT, zero, SPEC.numeric[0]))
    assert math.isnan(measures.quantile(LAYOUT, zero, SPEC.numeric[0], 0.5))


def test_confusion_measures_are_their_textbook_fractions() -> None:
    cell = LAYOUT.zero()
    for name, n in {"tp": 3, "fp": 1, "tn": 4, "fn": 2}.items():
        LAYOUT.get(cell, name)[...] = n
    assert measures.accuracy(LAYOUT, cell) == 0.7
    assert measures.precision(LAYOUT, cell) == 0.75
    assert measures.recall(LAYOUT, cell) == 0.6
    assert measures.false_positive_rate(LAYOUT, cell) == 0.2


def test_latency_quantiles_are_within_a_third_of_the_truth() -> None:
    r = np.random.default_rng(1)
    latency_ms = r.lognormal(2, 1, 5000)
    cell = LAYOUT.zero()
    places = np.searchsorted(np.array(LATENCY_EDGES_MS), latency_ms, side="right")
    LAYOUT.get(cell, "latency_hist")[...] = np.bincount(places, minlength=58)
    for q in (0.5, 0.95):
        exact = float(np.quantile(latency_ms, q))
        assert measures.latency_ms(LAYOUT, cell, q) == pytest.approx(exact, rel=1 / 3)

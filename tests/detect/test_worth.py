from dataclasses import replace

import numpy as np
import pytest

from tests.detect.looks import alarms, look
from tests.detect.scored import LAYOUT, Truth, baseline, window
from tests.profile.rows import LENDING
from tocsin.detect.worth import worth
from tocsin.ingest.system import Impact

VALUES = {"tp": 200.0, "fp": -1800.0, "fn": -150.0}
LOANS = replace(LENDING, impact=Impact(unit="loan", values=VALUES, currency="EUR"))


def test_what_decisions_bring_is_the_mean_of_what_each_kind_is_worth() -> None:
    r = np.random.default_rng(1)
    one = window(3000, r)
    first, *_ = worth(look(one, baseline(1000, r), system=LOANS))
    tp, fp, tn, fn = (LAYOUT.one(one.cells[""], k) for k in ("tp", "fp", "tn", "fn"))
    expected = (200 * tp - 1800 * fp - 150 * fn) / (tp + fp + tn + fn)
    assert first.value == pytest.approx(expected)
    assert first.threshold == 20.0
    assert "A loan for everyone brings" in first.why
    assert "EUR on average" in first.why


def test_dearer_mistakes_are_found_where_accuracy_hides_them() -> None:
    r = np.random.default_rng(2)
    turned = Truth(bias={"government": -1.2})
    found = alarms(worth(look(window(6000, r, turned), baseline(2000, r), system=LOANS)))
    assert "employer=government" in {f.slice.key for f in found}


def test_without_change_alarms_are_no_more_frequent_than_stated() -> None:
    alpha, beyond, tried = 0.02, 0, 0
    for seed in range(6):
        r = np.random.default_rng(seed)
        usual = baseline(400, r, Truth(wobble=0.1))
        for _ in range(20):
            one = look(window(400, r, Truth(wobble=0.1)), usual, alpha, LOANS)
            found = worth(one)
            beyond += sum(f.interval[0] > 0 for f in found)
            tried += len(found)
    assert beyond / tried <= alpha


def test_where_nobody_said_what_decisions_are_worth_nothing_is_said() -> None:
    r = np.random.default_rng(1)
    assert worth(look(window(500, r), baseline(500, r))) == []

import numpy as np
import pytest

from tests.detect.counted import LAYOUT, SPEC, Truth, window
from tests.detect.looks import alarms, look, without_labels
from tocsin.detect import ranking as room
from tocsin.detect.baseline import Baseline
from tocsin.detect.finding import Verdict
from tocsin.detect.ranking import ranking
from tocsin.profile.window import Window


def sharp(plain: Window, r: np.random.Generator, lift: float) -> Window:
    """Return the window with positives' scores higher by `lift` bins of a hundred."""
    cells = {key: counts.copy() for key, counts in plain.cells.items()}
    for counts in cells.values():
        for name, centre in (("pos_hist", 50 + lift), ("neg_hist", 50.0)):
            n = int(LAYOUT.get(counts, name).sum())
            places = np.clip(r.normal(centre, 15, n), 0, 99).astype(int)
            LAYOUT.get(counts, name)[...] = np.bincount(places, minlength=100)
    return Window(plain.span, cells)


def usual(r: np.random.Generator, lift: float = 20) -> Baseline:
    return Baseline.of([sharp(window(2000, r, day=d), r, lift) for d in range(20)])


@pytest.mark.parametrize("n", [300, 2000])
def test_without_change_alarms_are_no_more_frequent_than_stated(
    n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "FELL", 0.0)
    false, alpha = 0, 0.02
    for seed in range(3):
        r = np.random.default_rng(seed)
        one = usual(r)
        for _ in range(60):
            false += len(alarms(ranking(look(sharp(window(n, r), r, 20), one, alpha))))
    assert false <= alpha * 180 * (len(SPEC.slices) + 1)


def test_scores_that_lost_their_order_are_found_in_300_rows() -> None:
    r = np.random.default_rng(1)
    found = ranking(look(sharp(window(300, r), r, 0), usual(r), 1e-4))
    (everyone,) = [f for f in found if not f.slice.conditions]
    assert everyone.verdict is Verdict.ALARM
    assert everyone.value == pytest.approx(0.5, abs=0.1)


def test_a_better_order_is_no_alarm() -> None:
    r = np.random.default_rng(1)
    assert alarms(ranking(look(sharp(window(2000, r), r, 40), usual(r)))) == []


def test_without_outcomes_it_says_so_once() -> None:
    r = np.random.default_rng(1)
    (one,) = ranking(look(without_labels(window(2000, r)), usual(r)))
    assert one.verdict is Verdict.INSUFFICIENT
    assert "outcomes of the rarer class" in one.why


def test_a_reference_without_outcomes_is_not_judged() -> None:
    r = np.random.default_rng(1)
    bare = Baseline.of([without_labels(window(500, r, Truth(), d)) for d in range(5)])
    assert ranking(look(window(500, r), bare)) == []

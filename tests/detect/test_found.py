import numpy as np
import pyarrow as pa
import pytest

from tests.detect import shelves
from tests.detect.desks import DESKS, look, table, usual, window
from tests.profile.rows import replaced
from tocsin.detect.budget import Budget
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import Finding, Layer, Level
from tocsin.detect.found import MEASURE, found, monitors
from tocsin.detect.picture import picture

DAILY = Budget.of(1, 86400, 1)


def lost(n: int, r: np.random.Generator, share: float) -> tuple[pa.Table, float]:
    """Return letters of which women's about fraud go astray, and the gap that this makes."""
    raw = table(n, r)
    truth, sent, sex = (np.array(raw[name].to_pylist()) for name in ("meant", "sent", "sex"))
    astray = (truth == "fraud") & (sex == "f") & (r.random(n) < share)
    bad = np.where(astray, "cards", sent)
    hit, own = truth == bad, truth == "fraud"
    gap = hit[own & (sex == "m")].mean() - hit[own & (sex == "f")].mean()
    return replaced(raw, "sent", bad.tolist()), float(gap)


@pytest.mark.parametrize("seed", range(3))
def test_a_class_that_is_lost_for_one_group_is_named(seed: int) -> None:
    r = np.random.default_rng(seed)
    spec, baseline = usual(1500, r)
    raw, gap = lost(8000, r, 0.3)
    one = window(raw, spec)
    seen: list[Finding] = evaluate(one, baseline, spec, DESKS, DAILY, now=None)
    (told,) = [f for f in seen if f.measure == MEASURE]
    assert (told.layer, told.column, told.slice.key) == (Layer.FAIRNESS, "fraud", "sex=f")
    assert told.level is Level.PAGE
    assert told.value == pytest.approx(gap)
    drawn = picture(look(one, spec, baseline), told)
    shares = {group.slice.key: group.now for group in drawn.groups}
    assert shares["sex=m"] - shares["sex=f"] == pytest.approx(gap)


def test_without_change_alarms_are_no_more_frequent_than_stated() -> None:
    alpha, loud, tried = 0.02, 0, 0
    for seed in range(6):
        r = np.random.default_rng(100 + seed)
        spec, baseline = usual(800, r)
        for _ in range(6):
            seen = look(window(table(3000, r), spec), spec, baseline, alpha)
            loud += len(found(seen))
            tried += monitors(spec, DESKS)
    assert tried == 6 * 6 * 8
    assert loud / tried <= alpha


def test_only_a_choice_among_classes_is_asked() -> None:
    spec, _ = shelves.usual(100, np.random.default_rng(1))
    assert monitors(spec, shelves.SHELF) == 0

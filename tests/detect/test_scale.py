import math

import numpy as np
import pyarrow as pa
import pytest

from tests.detect.counted import DAY, LAYOUT, SPEC
from tests.detect.looks import alarms, look
from tests.profile.rows import START, lake_rows, replaced, table
from tocsin.base.spans import Span
from tocsin.detect.baseline import Baseline
from tocsin.detect.scale import UNITS, scale
from tocsin.profile.blocks import blocks
from tocsin.profile.window import Window, add


def counted(raw: pa.Table) -> Window:
    return add(blocks(lake_rows(raw, SPEC), SPEC, 1))


USUAL = Baseline.of(blocks(lake_rows(table(4000, 11), SPEC), SPEC))


def times(raw: pa.Table, name: str, factor: float, employer: str | None = None) -> pa.Table:
    """Return `raw` with one number in another unit, of some people."""
    hit = np.array([employer in (None, one) for one in raw["employer"].to_pylist()])
    values = np.array(raw[name].to_numpy(zero_copy_only=False), float)
    changed = np.where(hit, values * factor, values)
    return replaced(raw, name, pa.array(changed, mask=np.isnan(changed)))


@pytest.mark.parametrize("column", ["income", "education_years"])
@pytest.mark.parametrize("factor", [size for size, _ in UNITS])
def test_every_known_change_of_unit_is_found_and_named_both_ways(
    column: str, factor: float
) -> None:
    for seed, c in ((2, factor), (3, 1 / factor)):
        found = alarms(scale(look(counted(times(table(1000, seed), column, c)), USUAL, 1e-6)))
        whole = [f for f in found if not f.slice.conditions]
        assert [f.column for f in whole] == [column]
        assert whole[0].value == pytest.approx(c, rel=0.25)
        assert "is distributed like" in whole[0].why


def test_a_factor_that_the_mean_tells_apart_is_named_with_its_unit() -> None:
    (found,) = [
        f
        for f in alarms(scale(look(counted(times(table(4000, 2), "income", 1000)), USUAL, 1e-6)))
        if not f.slice.conditions
    ]
    assert found.value == 1000
    assert "1,000 times what it was, as if thousands became ones" in found.why
    (back,) = [
        f
        for f in alarms(scale(look(counted(times(table(4000, 2), "income", 0.01)), USUAL, 1e-6)))
        if not f.slice.conditions
    ]
    assert "1/100 times what it was, as if cents became euros" in back.why


def test_one_slice_in_another_unit_is_found_there() -> None:
    raw = times(table(1000, 5), "income", 100, "government")
    found = alarms(scale(look(counted(raw), USUAL, 1e-6)))
    assert [f.slice.key for f in found if f.slice.conditions] == ["employer=government"]


def test_a_distribution_that_moved_otherwise_is_not_a_change_of_unit() -> None:
    raw = table(2000, 6)
    income = raw["income"].to_numpy()
    moved = np.where(income > np.median(income), income * 3, income)  # the richer half alone
    assert alarms(scale(look(counted(replaced(raw, "income", moved.tolist())), USUAL, 1e-6))) == []


def test_numbers_about_zero_have_no_factor() -> None:
    cells = [drawn(np.full(bins(), 1 / bins()), 400, day, mean=0.0) for day in range(21)]
    usual = Baseline.of(cells[:20])
    assert [f for f in scale(look(cells[20], usual)) if f.column == "income"] == []


def bins() -> int:
    return next(len(b.edges) - 1 for b in SPEC.numeric if b.name == "income")


def drawn(
    counts: "np.ndarray[tuple[int], np.dtype[np.float64]]", n: int, day: int, mean: float
) -> Window:
    """Return a window whose incomes are in these bins, with sums of a given mean."""
    grid = next(b for b in SPEC.numeric if b.name == "income")
    one = LAYOUT.zero()
    LAYOUT.get(one, "n")[...] = n
    LAYOUT.get(one, "f_income.hist")[...] = np.rint(counts * n)
    units = round((mean - grid.centre) / grid.unit)
    LAYOUT.get(one, "f_income.sum")[...] = units * int(np.rint(counts * n).sum())
    LAYOUT.get(one, "f_income.sum2")[...] = int(np.rint(counts * n).sum()) * 10**9
    start = START + day * DAY
    return Window(Span(start, start + DAY), {"": one})


def test_without_change_scale_alarms_no_more_than_stated() -> None:
    alpha, false, looked = 0.05, 0, 0
    for seed in range(3):
        r = np.random.default_rng(seed)
        for _ in range(60):
            n = int(r.choice([60, 200, 1000]))
            raw = table(n, int(r.integers(1 << 30)))
            false += len(alarms(scale(look(counted(raw), USUAL, alpha))))
            looked += 2 * 6  # numbers times slices
    assert false <= alpha * looked
    assert math.isfinite(false)

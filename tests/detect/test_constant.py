import numpy as np
import pytest

from tests.detect.counted import DAY, LAYOUT, SPEC, Truth, baseline, window
from tests.detect.looks import alarms, look
from tests.profile.rows import START, lake_rows, replaced, table
from tocsin.base.spans import Span
from tocsin.detect.baseline import Baseline
from tocsin.detect.constant import constant
from tocsin.detect.finding import Verdict
from tocsin.profile.blocks import blocks
from tocsin.profile.window import Window, add


def counted(raw: object, how_many: int = 1) -> tuple[Window, ...]:
    return blocks(lake_rows(raw, SPEC), SPEC, how_many)  # pyright: ignore[reportArgumentType]


USUAL = Baseline.of(counted(table(4000, 1), 20))


def test_a_number_and_a_category_that_stand_still_are_found_with_their_value() -> None:
    raw = table(500, 2)
    raw = replaced(raw, "education_years", [12.0] * 500)
    raw = replaced(raw, "purpose", ["car"] * 500)
    found = alarms(constant(look(add(counted(raw)), USUAL, 1e-6)))
    assert {f.column for f in found} == {"education_years", "purpose"}
    whole = {f.column: f.why for f in found if not f.slice.conditions}
    assert whole["education_years"].startswith(
        "education_years has one value, 12, in all 500 decisions for everyone (was "
    )
    assert "'car'" in whole["purpose"]


def test_one_slice_that_stands_still_is_found_there_alone() -> None:
    raw = table(2000, 3)
    hit = np.array(raw["employer"].to_pylist()) == "government"
    income = np.where(hit, 0.0, raw["income"].to_numpy())
    found = alarms(constant(look(add(counted(replaced(raw, "income", income.tolist()))), USUAL)))
    assert [(f.column, f.slice.key) for f in found] == [("income", "employer=government")]


def test_values_in_one_bin_that_differ_are_not_constant() -> None:
    raw = table(500, 2)
    middle = float(np.median(raw["income"].to_numpy()))
    close = middle * (1 + np.arange(500) / 100_000)
    assert (
        alarms(constant(look(add(counted(replaced(raw, "income", close.tolist()))), USUAL))) == []
    )


def test_a_column_that_never_varied_may_go_on() -> None:
    raw = replaced(table(4000, 1), "purpose", ["car"] * 3990 + ["house"] * 10)
    usual = Baseline.of(counted(raw, 20))
    still = add(counted(replaced(table(500, 2), "purpose", ["car"] * 500)))
    assert [f for f in alarms(constant(look(still, usual))) if f.column == "purpose"] == []


def test_too_few_values_are_insufficient() -> None:
    few = add(counted(replaced(table(20, 2), "purpose", ["car"] * 20)))
    found = constant(look(few, USUAL))
    assert {f.verdict for f in found} == {Verdict.INSUFFICIENT}


def test_columns_that_often_stand_still_by_chance_alarm_no_more_than_stated() -> None:
    # a category with 90 % of all values is alone in a window of 40 in one of 68 windows
    alpha, false, looked = 0.05, 0, 0
    for seed in range(4):
        r = np.random.default_rng(seed)
        cells: list[Window] = []
        for day in range(20 + 250):
            one = LAYOUT.zero()
            n = 400 if day < 20 else 40
            LAYOUT.get(one, "n")[...] = n
            LAYOUT.get(one, "f_purpose.counts")[...] = r.multinomial(n, [0.9, 0.07, 0.03])
            start = START + day * DAY
            cells.append(Window(Span(start, start + DAY), {"": one}))
        usual = Baseline.of(cells[:20])
        for current in cells[20:]:
            found = alarms(constant(look(current, usual, alpha)))
            false, looked = false + len(found), looked + 1
    assert looked == 1000
    assert false <= alpha * looked


@pytest.mark.parametrize("seed", range(3))
def test_a_slice_with_too_few_rows_to_tell_its_clumps_is_charged_those_of_everyone(
    seed: int,
) -> None:
    """In three hours of a hundred all ask for a phone: 40 rows of a slice in it are one draw."""
    r, alpha, looks, false = np.random.default_rng(seed), 0.001, 400, 0

    def hours(number: int, many: int, rows: int) -> Window:
        cells = {"": LAYOUT.zero(), "employer=self": LAYOUT.zero()}
        for _ in range(many):
            mix = [0.0, 0.0, 1.0] if r.random() < 0.03 else [0.85, 0.15, 0.0]
            for cell, size in zip(cells.values(), (rows, rows // 10), strict=True):
                LAYOUT.get(cell, "n")[...] += size
                LAYOUT.get(cell, "f_purpose.counts")[...] += r.multinomial(size, mix)
        start = START + number * DAY
        return Window(Span(start, start + DAY), cells)

    usual = Baseline.of([hours(k, 8, 50) for k in range(40)], [hours(k, 1, 50) for k in range(40)])
    for k in range(looks):
        now = look(hours(50 + k, 1, 400), usual, alpha)
        false += any(f.slice.conditions for f in alarms(constant(now)))
    assert false <= alpha * looks + 3 * (alpha * looks) ** 0.5


def test_ordinary_windows_are_quiet() -> None:
    r = np.random.default_rng(4)
    usual = baseline(1000, r, Truth(rho=0.001))
    for _ in range(20):
        assert alarms(constant(look(window(100, r, Truth(rho=0.001)), usual, 0.01))) == []

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detect.compared import FAULTY, REFERENCE, compared, faulty
from tests.profile.rows import replaced, table
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect.bars import Bar, bars, reliability, wobble
from tocsin.detect.check import Comparison
from tocsin.detect.finding import Finding


def moved(check: Comparison, column: str) -> Finding:
    (one,) = [
        f for f in check.findings if (f.measure, f.column, f.slice) == ("jsd", column, EVERYONE)
    ]
    return one


def test_a_column_of_few_values_has_a_bar_for_each_with_its_own_share() -> None:
    drawn, ordered = bars(FAULTY.look, moved(FAULTY, "education_years"))
    assert ordered
    years = np.array([y for y in REFERENCE["education_years"].to_pylist() if y is not None])
    assert [bar.label for bar in drawn] == [str(year) for year in range(6, 21)]
    assert [bar.was for bar in drawn] == pytest.approx([(years == y).mean() for y in range(6, 21)])


def test_a_measured_column_has_bars_of_equal_width_and_ends() -> None:
    drawn, ordered = bars(FAULTY.look, moved(FAULTY, "income"))
    assert ordered
    assert len(drawn) == 21
    assert drawn[0].was == pytest.approx(0.2, abs=0.02)  # income of none
    assert drawn[-1].label.endswith("and above")


def test_bars_hold_what_the_rows_hold() -> None:
    scores = REFERENCE["score"].to_numpy()
    drawn, _ = bars(FAULTY.look, moved(FAULTY, "score"))
    low, high = 0.5, 1.0
    inside = sum(b.was for b in drawn if b.label[0].isdigit() and float(b.tick.strip("≥ ")) >= low)
    assert inside == pytest.approx(((scores >= low) & (scores <= high)).mean(), abs=0.03)


def test_a_unit_change_lies_above_everything() -> None:
    raw = table(2000, 53)
    hundredfold = (raw["income"].to_numpy() * 100).tolist()
    check = compared(replaced(raw, "income", hundredfold))
    drawn, _ = bars(check.look, moved(check, "income"))
    assert drawn[-1].label.endswith("and above")
    assert drawn[-1].now > 0.75
    assert drawn[-1].was < 0.05


def test_categories_come_largest_first_with_the_rest_together() -> None:
    drawn, ordered = bars(FAULTY.look, moved(FAULTY, "purpose"))
    assert not ordered
    assert [bar.label for bar in drawn] == ["car", "house", "phone"]
    names = [f"kind {place:02}" for place in range(30)]
    raw = table(6000, 9)
    many = replaced(raw, "purpose", pa.array([names[k * k % 30] for k in range(6000)]))
    check = compared(many, many)
    drawn, _ = bars(check.look, moved(check, "purpose"))
    assert drawn[-1].label == "any other"
    assert sum(bar.was for bar in drawn) == pytest.approx(1.0)


def test_the_mix_of_people_is_drawn_by_attribute() -> None:
    drawn, _ = bars(FAULTY.look, moved(FAULTY, "employer"))
    assert {bar.label for bar in drawn} == {"government", "private", "self"}


def test_the_range_over_the_blocks_holds_the_reference() -> None:
    for column in ("income", "score", "purpose", "education_years"):
        for bar in bars(FAULTY.look, moved(FAULTY, column))[0]:
            assert bar.low <= bar.was + 1e-12
            assert bar.was <= bar.high + 1e-12


def test_blocks_diverge_little_from_the_whole_of_a_steady_reference() -> None:
    told = wobble(FAULTY.look, moved(FAULTY, "score"))
    assert len(told) == 20
    assert 0 <= max(told) < 0.05


def test_what_scores_promised_is_drawn_beside_what_turned_out() -> None:
    whole = [f for f in FAULTY.findings if f.measure == "calibration" and not f.slice.conditions]
    drawn = reliability(FAULTY.look, whole[0])
    assert [bar.label for bar in drawn[:2]] == ["scores 0 to 0.1", "scores 0.1 to 0.2"]
    was = [bar.was for bar in drawn]
    assert was == sorted(was)  # a curve that does not decrease
    rows = faulty(table(2000, 52))
    score, repaid = np.array(rows["score"]), np.array(rows["repaid"])
    inside = (score >= 0.1) & (score < 0.2)
    assert drawn[1].now == pytest.approx(repaid[inside].mean())
    strange = replace(whole[0], slice=Slice.of({"sex": "x"}))
    assert reliability(FAULTY.look, strange) == ()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=12),
    st.lists(st.one_of(st.floats(-1e15, 1e15), st.just(0.0)), min_size=1, max_size=12),
)
def test_any_numbers_can_be_drawn(usual: list[float], now: list[float]) -> None:
    def with_income(values: list[float], seed: int) -> pa.Table:
        raw = table(600, seed)
        return replaced(raw, "income", [values[k % len(values)] for k in range(600)])

    check = compared(with_income(now, 1), with_income(usual, 2))
    found = [f for f in check.findings if (f.measure, f.column) == ("jsd", "income")]
    for one in found:
        drawn, _ = bars(check.look, one)
        assert all(isinstance(bar, Bar) and 0 <= bar.now <= 1 + 1e-9 for bar in drawn)

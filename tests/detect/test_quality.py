import numpy as np
import pytest

from tests.detect.counted import LAYOUT, Truth, baseline, window
from tests.detect.looks import alarms, look
from tocsin.detect.finding import Verdict
from tocsin.detect.quality import quality, rates
from tocsin.profile.window import Window


def with_part(plain: Window, name: str, share: float) -> Window:
    """Return the window with a share of everyone's rows in the place `name`."""
    cells = {key: counts.copy() for key, counts in plain.cells.items()}
    for counts in cells.values():
        LAYOUT.get(counts, name)[...] = int(LAYOUT.one(counts, "n") * share)
    return Window(plain.span, cells)


def test_every_feature_is_watched_for_all_that_can_be_wrong_with_it() -> None:
    assert [(r.measure, r.column) for r in rates(LAYOUT)] == [
        ("missing", "education_years"),
        ("mistyped", "education_years"),
        ("invalid", "education_years"),
        ("out_of_range", "education_years"),
        ("missing", "income"),
        ("mistyped", "income"),
        ("invalid", "income"),
        ("out_of_range", "income"),
        ("missing", "purpose"),
        ("mistyped", "purpose"),
        ("unseen", "purpose"),
        ("garbled", "purpose"),
        ("missing", "score"),
    ]


def test_each_fault_is_found_and_only_it() -> None:
    r = np.random.default_rng(1)
    usual = baseline(2000, r)
    for name, measure, column in (
        ("f_income.missing", "missing", "income"),
        ("f_income.invalid", "invalid", "income"),
        ("f_income.over", "out_of_range", "income"),
        ("f_purpose.unseen", "unseen", "purpose"),
        ("f_purpose.garbled", "garbled", "purpose"),
        ("score_missing", "missing", "score"),
    ):
        found = alarms(quality(look(with_part(window(1000, r), name, 0.3), usual, 1e-6)))
        assert {(f.measure, f.column) for f in found} == {(measure, column)}


def test_a_share_that_was_always_missing_is_usual() -> None:
    r = np.random.default_rng(1)
    truth = Truth(missing=0.4)
    assert alarms(quality(look(window(1000, r, truth), baseline(2000, r, truth), 1e-6))) == []


@pytest.mark.parametrize("seed", range(5))
def test_garbled_texts_alarm_where_a_point_more_arrive_and_not_below(seed: int) -> None:
    r = np.random.default_rng(seed)
    usual = baseline(2000, r)
    for share, alarm in ((0.004, False), (0.04, True)):
        now = with_part(window(4000, r), "f_purpose.garbled", share)
        found = {f.slice.key: f for f in quality(look(now, usual)) if f.measure == "garbled"}
        assert (found[""].verdict is Verdict.ALARM) == alarm
        assert "purpose has a broken encoding in" in found[""].why


def test_names_with_braces_do_not_break_the_sentence() -> None:
    r = np.random.default_rng(1)
    found = quality(look(window(1000, r), baseline(500, r)))
    assert all("{" not in f.why for f in found)

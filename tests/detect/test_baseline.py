from datetime import timedelta

import numpy as np
import pytest

from tests.detect.counted import SPEC, baseline, window
from tests.profile.rows import START
from tocsin.base.spans import Span
from tocsin.detect.baseline import Baseline, slice_keys, stacked
from tocsin.profile.cell import Marks
from tocsin.profile.window import Window

R = np.random.default_rng(1)
NO_MARKS = Marks.none(1, 1, 256)


def test_the_total_is_the_sum_of_the_blocks() -> None:
    usual = baseline(300, R, blocks=5)
    total, blocks = usual.counts(SPEC)
    assert np.array_equal(total, blocks.sum(0))


def test_everyone_is_stacked_first_and_absent_slices_are_zero() -> None:
    one = window(300, R)
    assert slice_keys(SPEC)[0] == ""
    some = stacked(Window(one.span, {"": one.cells[""]}), SPEC)
    assert np.array_equal(some[0], one.cells[""])
    assert not some[1:].any()


def test_what_is_derived_is_worked_out_once() -> None:
    usual, asked = baseline(300, R, blocks=2), list[int]()
    for _ in range(3):
        assert usual.derived("x", lambda: asked.append(1) or 7) == 7
    assert asked == [1]


def test_blocks_of_one_instant_tell_nothing_of_time() -> None:
    one = window(300, R)
    same = Window(Span(START, START), one.cells)
    assert not Baseline.of([same, same]).timed
    assert baseline(300, R, blocks=2).timed
    assert Baseline.of_cells([(one.cells, None, NO_MARKS)] * 2).timed


def test_a_window_is_measured_in_blocks() -> None:
    usual = baseline(300, R, blocks=3)
    week = Window(Span(START, START + timedelta(days=7)), {})
    assert usual.blocks_long(week) == pytest.approx(7)
    assert Baseline.of_cells([(window(300, R).cells, None, NO_MARKS)]).blocks_long(week) == 1

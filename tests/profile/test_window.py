from datetime import timedelta

import numpy as np
import pytest

from tests.profile.rows import START, lake_rows, spec_of, table
from tocsin.base.errors import BadInput
from tocsin.base.spans import Span
from tocsin.profile.cells import cells
from tocsin.profile.kernel import profile
from tocsin.profile.window import add, window

RAW = table(1000, 4, hours=10)
SPEC = spec_of(RAW)
COUNTED = cells(profile(lake_rows(RAW, SPEC), SPEC), SPEC)
HOUR = timedelta(hours=1)


def test_a_bucket_belongs_to_the_window_that_holds_its_start() -> None:
    first = window(COUNTED, Span(START, START + HOUR))
    assert first.cells[""][0] == 100


def test_windows_side_by_side_add_up_to_the_whole() -> None:
    parts = [window(COUNTED, Span(START + k * HOUR, START + (k + 1) * HOUR)) for k in range(10)]
    whole = window(COUNTED, Span(START, START + 10 * HOUR))
    total = add(parts)
    assert total.span == whole.span
    assert total.cells.keys() == whole.cells.keys()
    assert all(np.array_equal(total.cells[k], whole.cells[k]) for k in total.cells)


def test_a_window_without_rows_has_no_cells() -> None:
    assert window(COUNTED, Span(START - HOUR, START)).cells == {}


def test_adding_leaves_the_parts_as_they_were() -> None:
    part = window(COUNTED, Span(START, START + HOUR))
    before = part.cells[""].copy()
    add([part, part])
    assert np.array_equal(part.cells[""], before)


def test_no_windows_cannot_be_added() -> None:
    with pytest.raises(BadInput):
        add([])

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa

from tests.profile.rows import LENDING, START, lake_rows, spec_of, table
from tocsin.base.spans import Span
from tocsin.profile.blocks import blocks, stretches
from tocsin.profile.cells import cells
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.window import add, window

RAW = table(1001, 5)
SPEC = spec_of(RAW)
ROWS = lake_rows(RAW, SPEC)


def test_blocks_add_up_to_the_whole_reference() -> None:
    total = add(blocks(ROWS, SPEC)).cells
    whole = window(cells(profile(ROWS, SPEC), SPEC), Span(START, START.replace(year=2027))).cells
    assert total.keys() == whole.keys()
    assert all(np.array_equal(total[k], whole[k]) for k in whole)


def test_blocks_follow_time_whatever_the_order_of_the_file() -> None:
    shuffled = ROWS.take(np.random.default_rng(1).permutation(1001))
    cut, straight = blocks(shuffled, SPEC), blocks(ROWS, SPEC)
    assert [b.span for b in cut] == [b.span for b in straight]
    assert all(a.span.end <= b.span.start for a, b in pairwise(cut))
    assert {int(b.cells[""][0]) for b in cut} == {50, 51}


def test_without_times_a_file_sorted_by_its_label_gives_blocks_alike() -> None:
    untimed = replace(LENDING, columns=replace(LENDING.columns, time=None), features=("income",))
    ordered = RAW.sort_by("repaid")
    spec = spec_of(ordered, untimed)
    layout = layout_of(spec)
    labels = [
        layout.get(b.cells[""], "pos_hist").sum()
        for b in blocks(lake_rows(ordered, spec, untimed), spec)
    ]
    assert max(labels) - min(labels) <= 2


def test_fewer_rows_than_blocks_give_one_block_a_row() -> None:
    assert len(blocks(ROWS.slice(0, 7), SPEC)) == 7
    assert blocks(pa.table(ROWS.slice(0, 0)), SPEC) == ()


def test_a_stretch_is_a_short_part_of_its_block() -> None:
    raw = table(20_000, 6)
    rows = lake_rows(raw, spec_of(raw))
    cut, short = blocks(rows, SPEC), stretches(rows, SPEC)
    assert len(short) == len(cut) == 20
    for block, stretch in zip(cut, short, strict=True):
        assert block.span.start < stretch.span.start < stretch.span.end < block.span.end
        assert int(stretch.cells[""][0]) == int(block.cells[""][0]) // 16


def test_a_small_reference_has_stretches_of_at_most_half_a_block_and_one_without_times_none() -> (
    None
):
    assert {int(one.cells[""][0]) for one in stretches(ROWS, SPEC)} == {25}
    assert stretches(ROWS.slice(0, 30), SPEC) == ()


def test_rows_without_times_have_no_stretches() -> None:
    first = ROWS.take([0] * ROWS.num_rows)
    assert stretches(first, SPEC) == ()

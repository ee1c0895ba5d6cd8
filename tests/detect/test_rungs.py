from dataclasses import replace

import numpy as np

from tests.detect.orders import orders, usual
from tocsin.detect.rungs import rows, rungs
from tocsin.profile.layout import layout_of

SPEC, BASELINE = usual(orders(20_000, np.random.default_rng(5)))


def test_parts_grow_from_stretches_to_the_whole_and_lose_no_row() -> None:
    place = layout_of(SPEC).places["n"].start
    found = rungs(BASELINE)
    lengths = [rows(rung, place) for rung in found]
    assert lengths == sorted(lengths)
    assert [rung.blocks for rung in found][:2] == [0, 1]
    whole = found[-1]
    assert whole.blocks == len(BASELINE.blocks)
    assert len(whole.parts) == 1
    assert lengths[-1] == sum(int(block.cells[""][place]) for block in BASELINE.blocks)


def test_a_reference_that_was_counted_without_marks_has_none() -> None:
    bare = tuple(replace(block, marks=None) for block in BASELINE.blocks)
    assert rungs(replace(BASELINE, blocks=bare)) == []

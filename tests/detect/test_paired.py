from dataclasses import replace

import numpy as np
import pytest

from tests.detect.people import NAMES, look, people, usual
from tests.profile.rows import replaced
from tocsin.detect.baseline import Baseline
from tocsin.detect.paired import asked, columns, numbers, shares, steady, sums
from tocsin.profile.pairs import moments_of

KNOWN = usual(people(4000, np.random.default_rng(1)))


def test_a_single_column_has_nothing_to_go_together_with() -> None:
    spec, _ = KNOWN
    assert columns(spec) == NAMES
    assert columns(replace(spec, paired=("age",))) == ()


def test_nothing_is_asked_where_a_window_or_a_part_of_the_baseline_knows_no_pairs() -> None:
    seen = look(people(300, np.random.default_rng(2), day=30), KNOWN)
    _, baseline = KNOWN
    assert asked(seen) == NAMES
    assert asked(replace(seen, window=replace(seen.window, marks=None))) == ()
    bare = Baseline.of([replace(block, marks=None) for block in baseline.blocks])
    assert asked(replace(seen, baseline=bare)) == ()


def test_sums_of_blocks_are_those_of_the_whole() -> None:
    _, baseline = KNOWN
    p = len(NAMES)
    blocks, whole = sums(baseline.blocks, p), sums([baseline.total], p)[0]
    assert blocks.sum(0) == pytest.approx(whole)
    assert whole[0] == 4000


def test_a_share_is_told_by_at_most_a_quarter_of_the_rows() -> None:
    seen, (_, baseline) = look(people(300, np.random.default_rng(2)), KNOWN), KNOWN
    spread = moments_of(sums([baseline.total], len(NAMES))[0], len(NAMES))[1]
    found = dict(zip(NAMES, shares(seen.layout, spread).tolist(), strict=True))
    assert 0.15 < found["age"] <= 0.25
    assert found["owner"] == pytest.approx(0.25, abs=0.02)
    assert found["rare"] == pytest.approx(0.005, abs=0.003)
    assert shares(seen.layout, np.full(len(NAMES), np.nan)).max() == 0
    assert dict(zip(NAMES, numbers(seen.layout).tolist(), strict=True))["rare"] is False


def test_a_column_that_lost_a_tenth_of_its_values_is_not_steady() -> None:
    raw = people(400, np.random.default_rng(3), day=30)
    few = [None if k % 8 == 0 else one for k, one in enumerate(raw["income"].to_pylist())]
    seen = look(replaced(raw, "income", few), KNOWN)
    assert [name for name, one in zip(NAMES, steady(seen, NAMES), strict=True) if not one] == [
        "income"
    ]

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.detect.people import NAMES, mixed, people, rows_of, usual
from tocsin.profile.cell import Counts
from tocsin.profile.codec import pack_tally, unpack_tally
from tocsin.profile.kernel import profile, profile_labels
from tocsin.profile.merge import add_up, total
from tocsin.profile.pairs import FEW, added, every, moments_of, of_category, of_number, sums
from tocsin.profile.spec import Categories, NumericBins, Spec

RAW = people(3000, np.random.default_rng(4))
SPEC = usual(RAW)[0]
P = len(NAMES)


def counted(rows: Any, spec: Spec = SPEC) -> Counts:
    return total([*profile(rows, spec).values()]).marks.pairs


def correlations(counts: Counts) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return moments_of(counts.astype(np.float64), P)[2]


def test_the_columns_that_are_paired_are_the_inputs_and_the_score() -> None:
    assert SPEC.paired == NAMES
    assert len(counted(rows_of(RAW, SPEC))) == 1 + P + P * (P + 1) // 2


def test_correlations_are_those_of_ranks() -> None:
    found = correlations(counted(rows_of(RAW, SPEC)))
    names = ["age", "income", "luck"]
    ranks = [np.argsort(np.argsort(RAW[name].to_numpy())) for name in names]
    places = [NAMES.index(name) for name in names]
    assert found[np.ix_(places, places)] == pytest.approx(np.corrcoef(ranks), abs=0.03)
    owner, age = (NAMES.index(name) for name in ("owner", "age"))
    assert abs(found[owner, age]) > 0.4
    assert found == pytest.approx(found.T)


def test_a_column_dealt_to_others_hangs_together_with_nothing() -> None:
    broken = mixed(RAW, "age", np.random.default_rng(1))
    found = correlations(counted(rows_of(broken, SPEC)))
    age = NAMES.index("age")
    assert np.abs(np.delete(found[age], age)).max() < 0.08


@pytest.mark.parametrize("one_in", [1, 8])
def test_any_split_gives_the_same_sums(one_in: int) -> None:
    spec = replace(SPEC, paired_every=one_in)
    rows = rows_of(RAW, spec)
    whole = counted(rows, spec)
    r = np.random.default_rng(3)
    for parts in (2, 7):
        part_of = r.integers(0, parts, rows.num_rows)
        own = [np.flatnonzero(part_of == k) for k in range(parts)]
        split = [profile(rows.take(some), spec) for some in own]
        assert np.array_equal(total([*add_up(split).values()]).marks.pairs, whole)
    assert whole[0] == 3000 if one_in == 1 else 300 < whole[0] < 450


def test_sums_are_exact_and_values_that_are_missing_add_nothing() -> None:
    ranks = np.random.default_rng(2).integers(-7, 8, (4, 300_000)).astype(np.int8)
    found, long = sums(ranks), ranks.astype(np.int64)
    assert found[0] == 300_000
    assert np.array_equal(found[1:5], long.sum(1))
    assert np.array_equal(found[5:], (long @ long.T)[np.triu_indices(4)])
    assert np.array_equal(added([found, np.zeros(0, np.int64), found]), 2 * found)
    assert len(added([])) == 0


def test_codes_of_bins_rise_with_the_value_and_categories_are_the_commonest_or_not() -> None:
    codes = of_number(NumericBins("x", tuple(range(16)), 1.0)).tolist()
    assert codes == [*range(-7, 8), -7, 7, 0, 0, 0]
    places = np.arange(6)
    assert of_category(Categories("c", ("a", "b")), places).tolist() == [1, -1, -1, -1, 0, 0]


def test_tallies_keep_their_pairs_and_labels_add_none() -> None:
    rows = rows_of(RAW, SPEC)
    tally = total([*profile(rows, SPEC).values()])
    assert unpack_tally(pack_tally(tally), SPEC).same_as(tally)
    bare = replace(tally, marks=replace(tally.marks, pairs=np.zeros(0, np.int64)))
    assert unpack_tally(pack_tally(bare), SPEC).same_as(bare)
    assert not bare.same_as(tally)
    late = profile_labels(rows.append_column("label_at", rows["at"]), SPEC)
    assert all(len(one.marks.pairs) == 0 for one in late.values())


def test_only_large_references_spare_rows() -> None:
    assert (every(FEW - 1), every(FEW)) == (1, 8)

from itertools import combinations, product

import numpy as np
import pytest

from tests.profile.rows import lake_rows, replaced, spec_of, table
from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice
from tocsin.profile.cell import Counts
from tocsin.profile.cells import (
    cells,
    combination,
    in_cube,
    leaf_value,
    leaves,
    rows_by_slice,
    vectors,
    without_features,
)
from tocsin.profile.columns import Flags
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.merge import total

RAW = table(2000, 5)
SPEC = spec_of(RAW)
LAYOUT = layout_of(SPEC)
STRANGE = replaced(RAW, "employer", ["church", *RAW["employer"].to_pylist()[1:-1], None])
PROFILE = profile(lake_rows(STRANGE, SPEC), SPEC)
TALLY = total([*PROFILE.values()])
CHOICES = [
    tuple(zip(names, values, strict=True))
    for size in range(3)
    for names in combinations(("employer", "sex"), size)
    for values in product(
        *({"employer": ("government", "private", "self"), "sex": ("f", "m")}[n] for n in names)
    )
]


def rows_where(conditions: tuple[tuple[str, str], ...]) -> Flags:
    chosen = np.ones(STRANGE.num_rows, np.bool_)
    for name, value in conditions:
        chosen &= np.array([one == value for one in STRANGE[name].to_pylist()])
    return chosen


@pytest.mark.parametrize("conditions", CHOICES)
def test_a_combination_is_the_count_of_its_rows(conditions: tuple[tuple[str, str], ...]) -> None:
    counts = combination(TALLY.outcomes, SPEC, Slice.of(dict(conditions)))
    chosen = rows_where(conditions)
    yes = np.array(STRANGE["approved"].to_pylist())[chosen]
    right = np.array(STRANGE["repaid"].to_pylist())[chosen] == yes
    assert counts[LAYOUT.places["n"]].tolist() == [chosen.sum()]
    assert counts[LAYOUT.places["n_positive"]].tolist() == [yes.sum()]
    assert counts[LAYOUT.places["tp"]] + counts[LAYOUT.places["tn"]] == right.sum()


def test_single_slices_have_the_outcomes_of_the_cube_and_the_features_of_their_rows() -> None:
    whole = vectors(TALLY, SPEC)
    assert set(whole) == {"", *SPEC.slices}
    for key in SPEC.slices:
        name, value = key.split("=")
        chosen = rows_where(((name, value),))
        apart = combination(TALLY.outcomes, SPEC, Slice.of({name: value}))
        assert np.array_equal(whole[key][: LAYOUT.outcomes], apart)
        missing = np.array([v is None for v in STRANGE["education_years"].to_pylist()])[chosen]
        assert LAYOUT.one(whole[key], "f_education_years.missing") == missing.sum()


def test_cells_of_all_moments_add_up_to_the_cells_of_their_sum() -> None:
    sums: dict[str, Counts] = {}
    for key, counts in cells(PROFILE, SPEC).items():
        sums[key.slice] = sums.get(key.slice, LAYOUT.zero()) + counts
    assert {key: counts.tolist() for key, counts in sums.items()} == {
        key: counts.tolist() for key, counts in vectors(TALLY, SPEC).items()
    }


def test_the_cube_tells_values_kept_apart_and_refuses_others() -> None:
    assert in_cube(SPEC, Slice.of({"employer": "self", "sex": "m"}))
    for who, why in (
        ({"employer": "church"}, "not kept apart"),
        ({"planet": "mars"}, "not profiled"),
        ({"a": "1", "b": "1", "c": "1", "d": "1"}, "at most 3"),
    ):
        assert not in_cube(SPEC, Slice.of(who))
        with pytest.raises(BadInput, match=why):
            combination(TALLY.outcomes, SPEC, Slice.of(who))


def test_every_leaf_has_its_own_values() -> None:
    known = [leaf_value(SPEC, leaf) for leaf in range(leaves(SPEC))]
    assert len([one for one in known if None not in one]) == 3 * 2
    assert len({one for one in known if None not in one}) == 3 * 2
    assert known[0] == tuple(values[0] for _, values in SPEC.dimensions)


def test_without_features_nothing_else_is_lost() -> None:
    rest = without_features(TALLY)
    assert rest.features.counts.shape == (0, LAYOUT.width - LAYOUT.outcomes)
    assert rest.outcomes.same_as(TALLY.outcomes)
    assert rest.marks.same_as(TALLY.marks)


def test_no_rows_have_no_cells() -> None:
    assert cells(profile(lake_rows(RAW, SPEC).slice(0, 0), SPEC), SPEC) == {}


def test_rows_by_slice_are_those_of_each_part() -> None:
    parts = [tally.outcomes for tally in PROFILE.values()]
    n = LAYOUT.places["n"].start
    found = rows_by_slice([(part.codes, part.counts[:, n]) for part in parts], SPEC)
    assert found.shape == (len(parts), len(SPEC.slices) + 1)
    for row, tally in zip(found.tolist(), PROFILE.values(), strict=True):
        whole = vectors(tally, SPEC)
        nobody = LAYOUT.zero()
        assert row == [int(whole.get(key, nobody)[n]) for key in ("", *SPEC.slices)]

import numpy as np
import pytest

from tests.detect.crossing import CROSSED, SPEC, people
from tests.detect.desks import DESKS, Fault, table
from tests.profile.rows import lake_rows
from tocsin.base.slices import EVERYONE
from tocsin.profile.blocks import tallies
from tocsin.profile.cells import combination, vectors
from tocsin.profile.layout import layout_of
from tocsin.profile.learn import learn
from tocsin.profile.leaves import PARTS, add, by_group, crossed, digits_of, fared, leaves, within

ROWS = lake_rows(people(3000, 4), SPEC, CROSSED)
PARTS_OF = [tally for _, tally in tallies(ROWS, SPEC, 7)]


def test_leaves_add_up_to_those_of_all_rows() -> None:
    ((_, whole),) = tallies(ROWS, SPEC, 1)
    together = add([leaves(part.outcomes, SPEC) for part in PARTS_OF])
    all_at_once = leaves(whole.outcomes, SPEC)
    assert np.array_equal(together.codes, all_at_once.codes)
    assert np.allclose(together.counts, all_at_once.counts, atol=1e-9)


@pytest.mark.parametrize("attributes", [("sex",), ("sex", "age_band"), ("age_band", "sex")])
def test_groups_hold_what_their_combination_holds(attributes: tuple[str, ...]) -> None:
    layout, part = layout_of(SPEC), PARTS_OF[2]
    counts = by_group(leaves(part.outcomes, SPEC), SPEC, attributes)
    for group, row in zip(crossed(SPEC, attributes), counts, strict=True):
        assert np.allclose(row, fared(combination(part.outcomes, SPEC, group), layout))


def test_a_whole_cell_tells_the_same_as_its_leaves() -> None:
    layout, part = layout_of(SPEC), PARTS_OF[0]
    everyone = leaves(part.outcomes, SPEC).counts.sum(0)
    assert np.allclose(fared(vectors(part, SPEC)[""], layout), everyone)
    assert everyone[PARTS.index("n_prediction")] == everyone[PARTS.index("scored")]


def test_the_leaves_within_a_slice_are_those_of_its_people() -> None:
    some = leaves(PARTS_OF[1].outcomes, SPEC)
    attributes = [name for name, _ in SPEC.dimensions]
    for who, row in zip(crossed(SPEC, attributes), by_group(some, SPEC, attributes), strict=True):
        assert np.allclose(some.counts[within(some.codes, SPEC, who)].sum(0), row)
    assert within(some.codes, SPEC, EVERYONE).all()
    assert digits_of(some.codes, SPEC).shape == (len(some.codes), len(attributes))


def test_leaves_of_classes_tell_right_answers_from_wrong_ones() -> None:
    raw = table(3000, np.random.default_rng(6), Fault(lost=0.4))
    spec = learn(raw, DESKS)
    rows = lake_rows(raw, spec, DESKS)
    layout = layout_of(spec)
    (whole,) = (part for _, part in tallies(rows, spec, 1))
    counts = vectors(whole, spec)[""]
    part = dict(zip(PARTS, leaves(whole.outcomes, spec).counts.sum(0).tolist(), strict=True))
    hits = [a == t for a, t in zip(*(raw[c].to_pylist() for c in ("sent", "meant")), strict=True)]
    assert (part["tp"], part["fp"]) == (sum(hits), 3000 - sum(hits))
    assert (part["tp"], part["fp"]) == (layout.one(counts, "right"), layout.one(counts, "wrong"))
    assert (part["scored"], part["scored_yes"]) == (3000, sum(hits))
    assert part["n_positive"] == part["tn"] == part["fn"] == 0
    sure = raw["sure"].to_numpy()
    assert part["score_sum"] == pytest.approx(sure.sum(), abs=3000 * 0.005)

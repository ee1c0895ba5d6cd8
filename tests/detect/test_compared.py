from dataclasses import replace

import numpy as np
import pyarrow as pa

from tests.detect.crossing import CROSSED, SPEC, look_at, people
from tests.profile.rows import LENDING, replaced
from tocsin.detect import beside
from tocsin.detect.compared import (
    Asked,
    Whom,
    comparisons,
    counted,
    crossings,
    fared,
    groups_asked,
    usual,
)
from tocsin.ingest.system import Kind


def test_every_two_protected_attributes_are_crossed() -> None:
    assert crossings(SPEC, CROSSED) == [("sex", "age_band")]
    assert crossings(SPEC, LENDING) == []
    assert crossings(replace(SPEC, kind=Kind.REGRESSION), CROSSED) == []
    assert groups_asked(SPEC, CROSSED) == 11


def test_combinations_are_counted_as_the_rows_are() -> None:
    raw = people(3000, 8)
    *_, both = comparisons(look_at(raw, people(4000, 1)))
    assert both.name == "sex × age_band"
    columns = [raw[name].to_pylist() for name in ("sex", "age_band", "approved", "repaid")]
    rows = list(zip(*columns, strict=True))
    for v, group in enumerate(both.groups):
        who = group.as_dict()
        mine = [row for row in rows if row[:2] == (who["sex"], who["age_band"])]
        counts = counted(both.now[v])
        assert counts.n == counts.labelled == len(mine)
        assert counts.selected == sum(row[2] for row in mine)
        assert counts.tp == sum(row[2] and row[3] for row in mine)
        assert both.label(v) == f"{who['age_band']}, {who['sex']}"


def test_the_parts_of_a_comparison_are_everybody() -> None:
    sex, age, both = comparisons(look_at(people(2000, 9), people(4000, 1)))
    for one in (age, both):
        assert np.allclose(one.now.sum(0), sex.now.sum(0))
        assert np.allclose(one.blocks.sum((0, 1)), sex.was.sum(0))


def swayed(days: int, r: np.random.Generator) -> pa.Table:
    """Return decisions on whom luck smiles by the day and by age, never by sex."""
    raw = people(days * 800, 3)
    age = np.array(raw["age_band"].to_pylist())
    day = np.arange(len(age)) // 800
    luck = {band: r.normal(0, 0.1, days)[day] for band in np.unique(age)}
    chance = 0.5 + sum(luck[band] * (age == band) for band in luck)
    return replaced(raw, "approved", (r.random(len(age)) < chance).tolist())


def test_a_combination_is_set_beside_those_whose_luck_it_shares() -> None:
    yes, of = ("n_positive",), ("n_prediction",)
    at = look_at(people(2000, 9), swayed(20, np.random.default_rng(1)))
    sex, _, both = comparisons(at)
    (alone,), (crossed,) = usual(at, [[Asked(sex, yes, of)], [Asked(both, yes, of)]])
    assert [shared and shared.key for shared in crossed.whom.shared] == [
        f"age_band={group.as_dict()['age_band']}" for group in both.groups
    ]
    assert crossed.whom.groups.sum(1).tolist() == [1.0] * 6  # the other sex of that age
    assert crossed.whom.among(0) == f" of age_band={both.groups[0].as_dict()['age_band']}"
    assert alone.whom.shared == (None, None)
    assert alone.whom.among(0) == ""
    every = Whom(1.0 - np.eye(6), (None,) * 6)
    to_all = beside.wobble([[every.counted(both, both.blocks, yes, of)]], None, timed=True)
    assert (to_all.phi_block > 2 * crossed.spread.phi_block).all()


def test_who_shares_no_luck_is_set_beside_all_others() -> None:
    at = look_at(people(2000, 9), people(16_000, 1))
    *_, both = comparisons(at)
    ((told,),) = usual(at, [[Asked(both, ("n_positive",), ("n_prediction",))]])
    assert told.whom.shared == (None,) * 6
    assert told.spread.phi_block.shape == (6, 1)


def test_groups_that_nobody_was_in_are_not_told() -> None:
    at = look_at(people(2, 1), people(4000, 1))
    said = fared(at.window, SPEC, CROSSED)
    assert [attributes for attributes, _ in said] == [("sex",), ("age_band",), ("sex", "age_band")]
    assert all(group.n > 0 for _, rows in said for _, group in rows)
    assert sum(group.n for _, group in said[2][1]) == 2

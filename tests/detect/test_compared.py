from dataclasses import replace

import numpy as np

from tests.detect.crossing import CROSSED, SPEC, look_at, people
from tests.profile.rows import LENDING
from tocsin.detect.compared import comparisons, counted, crossings, fared, groups_asked
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


def test_groups_that_nobody_was_in_are_not_told() -> None:
    at = look_at(people(2, 1), people(4000, 1))
    said = fared(at.window, SPEC, CROSSED)
    assert [attributes for attributes, _ in said] == [("sex",), ("age_band",), ("sex", "age_band")]
    assert all(group.n > 0 for _, rows in said for _, group in rows)
    assert sum(group.n for _, group in said[2][1]) == 2

from datetime import timedelta

import numpy as np
import pytest

from tests.profile.rows import lake_rows, replaced, spec_of, table
from tocsin.profile import features, sketch
from tocsin.profile.cells import vectors
from tocsin.profile.columns import batches
from tocsin.profile.groups import by_time, groups
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.merge import total

RAW = table(1500, 8)
SPEC = spec_of(RAW)
LAYOUT = layout_of(SPEC)
INCOME = next(bins for bins in SPEC.numeric if bins.name == "income")
ODD = [np.nan, np.inf, -np.inf, None, INCOME.edges[0] - 1, INCOME.edges[-1]]
SPOILT = replaced(RAW, "income", [*ODD, *RAW["income"].to_pylist()[len(ODD) :]])


def test_every_value_is_counted_in_one_place() -> None:
    whole = vectors(total([*profile(lake_rows(SPOILT, SPEC), SPEC).values()]), SPEC)[""]
    said = {
        name: LAYOUT.one(whole, f"f_income.{name}")
        for name in ("missing", "invalid", "mistyped", "under", "over")
    }
    assert said == {"missing": 1, "invalid": 3, "mistyped": 0, "under": 1, "over": 1}
    plain = np.array(SPOILT["income"].to_pylist()[len(ODD) :])
    hist, _ = np.histogram(plain, [*INCOME.edges[:-1], np.nextafter(INCOME.edges[-1], 0)])
    assert LAYOUT.get(whole, "f_income.hist").tolist() == hist.tolist()


def test_what_is_named_as_mistyped_is_counted_as_that_and_not_as_missing() -> None:
    rows = lake_rows(RAW, SPEC)
    place = rows.column_names.index("mistyped")
    names = ["income" if k < 7 else None for k in range(rows.num_rows)]
    rows = rows.set_column(place, "mistyped", [names])
    whole = vectors(total([*profile(rows, SPEC).values()]), SPEC)[""]
    assert LAYOUT.one(whole, "f_income.mistyped") == 7
    assert LAYOUT.one(whole, "f_income.missing") == 0


def test_categories_are_known_unseen_or_missing() -> None:
    purposes = ["yacht", None, "", *RAW["purpose"].to_pylist()[3:]]
    rows = lake_rows(replaced(RAW, "purpose", purposes), SPEC)
    whole = vectors(total([*profile(rows, SPEC).values()]), SPEC)[""]
    assert LAYOUT.one(whole, "f_purpose.unseen") == 1
    assert LAYOUT.one(whole, "f_purpose.missing") == 2
    (purpose,) = (c for c in SPEC.categorical if c.name == "purpose")
    assert LAYOUT.get(whole, "f_purpose.counts").tolist() == [
        purposes.count(value) for value in purpose.values
    ]


@pytest.mark.parametrize("seed", range(3))
def test_sums_and_marks_are_those_of_each_hour(seed: int) -> None:
    raw = table(600, seed, hours=3)
    ((_, batch),) = batches(lake_rows(raw, SPEC), 1 << 17, ())
    moments, moment_of = by_time(batch, SPEC)
    counts, marks = features.count(batch, groups(batch, SPEC, moment_of, len(moments)), LAYOUT)
    assert [m.bucket for m in moments] == [
        raw["at"][0].as_py() + timedelta(hours=k) for k in range(3)
    ]
    place = [bins.name for bins in SPEC.numeric].index("income")
    start = LAYOUT.places["f_income.sum"].start - LAYOUT.outcomes
    for k in range(3):
        values = np.array(raw["income"].to_pylist())[moment_of == k]
        steps = np.rint((values - INCOME.centre) / INCOME.unit).astype(np.int64)
        assert counts[k, 0, start] == steps.sum()
        assert (marks[k].lowest[place], marks[k].highest[place]) == (values.min(), values.max())
        seen = sketch.registers(sketch.hashes(values))
        assert np.array_equal(marks[k].registers[place], seen)

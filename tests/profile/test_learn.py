from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tests.profile.rows import LENDING, replaced, spec_of, table
from tocsin.base.errors import BadInput
from tocsin.ingest.rows import FieldKind
from tocsin.ingest.system import Columns, Kind, System
from tocsin.profile.cells import leaves
from tocsin.profile.edges import MOST_BINS
from tocsin.profile.learn import MOST_CLASSES, learn
from tocsin.profile.spec import MOST_LEAVES

RAW = table(4000, 2)


def test_every_column_without_a_role_is_a_feature() -> None:
    spec = learn(RAW, LENDING)
    assert {f.name: f.kind for f in spec.schema.features} == {
        "education_years": FieldKind.NUMERIC,
        "income": FieldKind.NUMERIC,
        "purpose": FieldKind.CATEGORICAL,
    }
    assert set(spec.slices) == {
        "employer=private",
        "employer=self",
        "employer=government",
        "sex=m",
        "sex=f",
    }
    assert spec.slices[0] == "employer=private"  # the largest first


def test_named_features_are_the_only_ones_and_may_also_be_slices() -> None:
    spec = learn(RAW, replace(LENDING, features=("income", "sex")))
    assert [f.name for f in spec.schema.features] == ["income", "sex"]


def test_edges_increase_and_hold_every_value_of_the_reference() -> None:
    for bins in learn(RAW, LENDING).numeric:
        edges = np.array(bins.edges)
        values = np.array([v for v in RAW[bins.name].to_pylist() if v is not None])
        assert (np.diff(edges) > 0).all()
        assert edges[0] == values.min()
        assert edges[-1] > values.max()
        assert len(edges) <= MOST_BINS + 2


def test_a_point_mass_has_a_bin_of_its_own() -> None:
    (income,) = [b for b in learn(RAW, LENDING).numeric if b.name == "income"]
    assert income.edges[0] == 0.0
    assert income.edges[1] == np.nextafter(0.0, 1.0)


@pytest.mark.parametrize(
    "values", [[5.0] * 50, [0.0, 1.0] * 25, [1e-300, 2e-300] * 25, [1.7e308, -1.7e308] * 25]
)
def test_odd_but_finite_columns_still_give_bins(values: list[float]) -> None:
    raw = replaced(RAW.slice(0, 50), "income", values)
    (income,) = [b for b in learn(raw, LENDING).numeric if b.name == "income"]
    assert (np.diff(income.edges) > 0).all()
    assert income.unit > 0


def test_a_column_without_any_value_still_gives_bins() -> None:
    raw = replaced(RAW.slice(0, 50), "income", pa.nulls(50, pa.float64()))
    assert len(learn(raw, LENDING).numeric) == 2


def test_few_whole_numbers_are_codes_and_many_are_amounts() -> None:
    raw = RAW.append_column("grade", pa.array(np.arange(4000) % 20)).append_column(
        "age", pa.array(np.arange(4000) % 21)
    )
    kinds = {f.name: f.kind for f in learn(raw, LENDING).schema.features}
    assert (kinds["grade"], kinds["age"]) == (FieldKind.CATEGORICAL, FieldKind.NUMERIC)


def test_a_dictionary_and_a_large_list_are_learnt_as_what_they_hold() -> None:
    plain = table(300, 4).append_column("meaning", pa.array([[1.0, float(k)] for k in range(300)]))
    coded = pa.table(
        {
            name: plain[name].dictionary_encode()
            if name in {"purpose", "income", "sex"}
            else column
            for name, column in zip(plain.column_names, plain.columns, strict=True)
        }
    )
    large = plain["meaning"].cast(pa.large_list(pa.float64())).combine_chunks()
    assert spec_of(replaced(coded, "meaning", large)).hash == spec_of(plain).hash


def test_rare_categories_beyond_fifty_are_known_but_counted_together() -> None:
    raw = replaced(RAW, "purpose", [f"p{k % 80:02d}" for k in range(4000)])
    (purpose,) = learn(raw, LENDING).categorical
    assert purpose.values == tuple(f"p{k:02d}" for k in range(50))
    assert purpose.others == tuple(f"p{k:02d}" for k in range(50, 80))


def test_kinds_follow_the_column_and_may_be_named() -> None:
    notes = pa.array([f"applicant {k} wrote this" for k in range(4000)])
    raw = (
        RAW.append_column("note", notes)
        .append_column("asked_at", RAW["at"])
        .append_column("face", pa.array([[k % 7, 1.0, -k / 9] for k in range(4000)]))
        .append_column("married", pa.array([k % 3 == 0 for k in range(4000)]))
    )
    kinds = {f.name: f.kind for f in learn(raw, LENDING).schema.features}
    assert kinds["note"] is FieldKind.TEXT
    assert kinds["face"] is FieldKind.EMBEDDING
    assert kinds["married"] is FieldKind.BOOLEAN
    assert "asked_at" not in kinds  # nobody named it, and it always moves
    named = replace(LENDING, kinds={"note": "categorical", "asked_at": "timestamp"})
    kinds = {f.name: f.kind for f in learn(raw, named).schema.features}
    assert (kinds["note"], kinds["asked_at"]) == (FieldKind.CATEGORICAL, FieldKind.TIMESTAMP)


def test_the_cube_stays_below_its_bound_by_keeping_fewer_values() -> None:
    names = [f"d{k}" for k in range(5)]
    raw = RAW
    for k, name in enumerate(names):
        raw = raw.append_column(name, pa.array([f"v{(j * (k + 3)) % 40:02d}" for j in range(4000)]))
    spec = learn(raw, replace(LENDING, slices=tuple(names), features=("income",)))
    assert 20_000 < leaves(spec) <= MOST_LEAVES
    many = [f"a{k}" for k in range(18)]
    for name in many:
        raw = raw.append_column(name, pa.array(["x"] * 4000))
    with pytest.raises(BadInput, match="too many to be crossed"):
        learn(raw, replace(LENDING, slices=tuple(many), features=("income",)))


def test_a_feature_may_not_have_the_name_of_anothers_view() -> None:
    notes = pa.array([f"applicant {k} wrote this" for k in range(4000)])
    raw = RAW.append_column("note", notes).append_column("note.chars", pa.array([1.5] * 4000))
    with pytest.raises(BadInput, match=r"'note.chars' has the name of what is measured of 'note'"):
        learn(raw, LENDING)


def test_a_numeric_slice_attribute_gets_four_bands_at_rounded_quartiles() -> None:
    ages = pa.array(18 + np.arange(4000) % 60)
    spec = learn(RAW.append_column("age", ages), replace(LENDING, protected=("age",)))
    (_, age) = spec.schema.attributes
    assert age.edges == (32.0, 47.0, 62.0)
    assert sum(key.startswith("age=") for key in spec.slices) == 4


@pytest.mark.parametrize(
    ("raw", "system", "words"),
    [
        (RAW.slice(0, 0), LENDING, "no rows"),
        (RAW.drop_columns(["score"]), LENDING, "no column 'score'"),
        (RAW, replace(LENDING, slices=("planet",)), "no column 'planet'"),
        (replaced(RAW, "repaid", ["x", "y", "z", "x"] * 1000), LENDING, "3 classes"),
        (replaced(RAW, "repaid", [True] * 4000), LENDING, "1 classes"),
        (replaced(RAW, "repaid", ["good", "bad"] * 2000), LENDING, "never says 'true'"),
        (replaced(RAW, "score", [3.0] * 4000), LENDING, "from 3 to 3"),
        (replaced(RAW, "score", ["a"] * 4000), LENDING, "text"),
        (
            replaced(RAW, "income", [{"a": 1}] * 4000),
            replace(LENDING, features=("income",)),
            "income",
        ),
    ],
)
def test_a_reference_that_cannot_be_learnt_is_refused_with_the_reason(
    raw: pa.Table, system: object, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        learn(raw, system)  # pyright: ignore[reportArgumentType] - parametrised


def test_roles_may_be_absent() -> None:
    spec = learn(RAW, replace(LENDING, columns=Columns(), features=("income",)))
    assert spec.positive == "true"


def test_the_same_reference_gives_the_same_hash_and_a_change_another() -> None:
    assert learn(RAW, LENDING).hash == learn(RAW, LENDING).hash
    assert learn(RAW, LENDING).hash != learn(RAW.slice(0, 3000), LENDING).hash


def test_classes_are_those_that_are_answered_or_true_most_often() -> None:
    names = [f"c{k}" for k in range(22)]
    raw = pa.table({"says": [*names, "c3", "c3", "c21"], "is": [*names, "c7", "c3", "seldom"]})
    system = System(name="s", kind=Kind.MULTICLASS, columns=Columns(prediction="says", label="is"))
    assert learn(raw, system).classes[:3] == ("c3", "c21", "c7")
    assert len(learn(raw, system).classes) == MOST_CLASSES
    codes = pa.table({"says": [0, 1, 2, None], "is": ["1", "0", "2.0", "no"]})
    assert set(learn(codes, system).classes) == {"0", "1", "2", "no"}
    with pytest.raises(BadInput, match="holds 1 classes"):
        learn(pa.table({"says": ["a", "a"], "is": ["a", "b"]}), system)
    with pytest.raises(BadInput, match=r"set columns\.prediction"):
        learn(codes, replace(system, columns=Columns(label="is")))

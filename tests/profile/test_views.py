from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.profile.rows import START
from tocsin.ingest.rows import ARROW, INSTANT, Field, FieldKind
from tocsin.profile.columns import Batch, batches
from tocsin.profile.spec import Embedding
from tocsin.profile.views import View, names, vectors, views

EMBEDDING = Embedding("x", (1.0, 0.0, 2.0), ((0.0, 1.0, 0.0), (0.6, 0.0, -0.8)))
numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)


def looked(
    values: Sequence[object], kind: FieldKind, at: Sequence[datetime] | None = None
) -> list[View]:
    """Return the views of a column of `kind` called x, decided at `at`."""
    column: Any = pa.array(values, ARROW[kind])
    n = len(column)
    instants: Any = pa.array(at or [START] * n, INSTANT)
    batch = Batch({"at": instants, "f_x": column}, n)
    embedding = EMBEDDING if kind is FieldKind.EMBEDDING else None
    found = list(views(batch, Field("x", kind), embedding))
    assert tuple(view.name for view in found) == names(Field("x", kind), len(EMBEDDING.axes))
    return found


def shown(view: View) -> list[float | str]:
    """Return what counts of each row: its value, or what is odd about it."""
    rows: list[float | str] = []
    for k, value in enumerate(view.values.tolist()):
        missing = view.missing is not None and view.missing[k]
        mistyped = view.mistyped is not None and view.mistyped[k]
        rows.append("missing" if missing else "mistyped" if mistyped else repr(value))
    return rows


@given(st.lists(st.one_of(st.none(), st.floats())))
def test_numbers_are_looked_at_as_they_are(values: list[float | None]) -> None:
    (view,) = looked(values, FieldKind.NUMERIC)
    assert shown(view) == ["missing" if value is None else repr(value) for value in values]


@given(st.lists(st.one_of(st.none(), st.text())))
def test_texts_are_looked_at_by_their_length_script_and_breaks(texts: list[str | None]) -> None:
    chars, non_ascii, replaced = looked(texts, FieldKind.TEXT)
    for k, text in enumerate(texts):
        if text is None:
            assert {shown(view)[k] for view in (chars, non_ascii, replaced)} == {"missing"}
            continue
        size = len(text.encode())
        assert chars.values[k] == len(text)
        assert non_ascii.values[k] == (size - len(text)) / max(size, 1)
        assert 0 <= non_ascii.values[k] <= 0.75
        assert replaced.values[k] == text.count("\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
@pytest.mark.parametrize("encoded", [False, True])
def test_texts_of_any_arrow_type_look_the_same(kind: pa.DataType, encoded: bool) -> None:
    texts = ["abc", None, "", "né\N{REPLACEMENT CHARACTER}e", "abc"]
    column: Any = pa.array(texts, kind)
    rows = pa.table({"f_x": column.dictionary_encode() if encoded else column})
    ((_, batch),) = batches(rows, 9, {"f_x"})
    plain = [shown(view) for view in looked(texts, FieldKind.TEXT)]
    found = views(batch, Field("x", FieldKind.TEXT), None)
    assert [shown(view) for view in found] == plain


@given(st.lists(st.one_of(st.none(), st.integers(-(10**15), 10**15))))
def test_instants_are_looked_at_by_their_age_in_seconds(ages_us: list[int | None]) -> None:
    at = [START + timedelta(microseconds=k) for k in range(len(ages_us))]
    instants = [
        None if age is None else moment - timedelta(microseconds=age)
        for age, moment in zip(ages_us, at, strict=True)
    ]
    (view,) = looked(instants, FieldKind.TIMESTAMP, at)
    expected = ["missing" if age is None else repr(age / 1e6) for age in ages_us]
    assert shown(view) == expected


@given(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1))
def test_vectors_are_looked_at_by_norm_cosine_and_axes(rows: list[list[float]]) -> None:
    norm, cosine, *axes = looked(rows, FieldKind.EMBEDDING)
    matrix, mean = np.array(rows), np.array(EMBEDDING.mean)
    lengths = np.linalg.norm(matrix, axis=1)
    assert norm.values == pytest.approx(lengths, rel=1e-12)
    some = lengths > 1e-30
    angles = (matrix @ mean)[some] / (lengths[some] * np.linalg.norm(mean))
    assert cosine.values[some] == pytest.approx(angles, abs=1e-12)
    assert (np.abs(cosine.values) <= 1 + 1e-12).all()
    for view, axis in zip(axes, EMBEDDING.axes, strict=True):
        largest = np.abs(matrix).max() + 2
        expected = (matrix - mean) @ np.array(axis)
        assert view.values == pytest.approx(expected, rel=1e-12, abs=1e-12 * largest)


def test_a_vector_without_length_has_no_direction_but_a_number() -> None:
    _, cosine, *_ = looked([[0.0, 0.0, 0.0]], FieldKind.EMBEDDING)
    assert cosine.values.tolist() == [0.0]


def test_vectors_of_another_length_are_mistyped_and_null_is_missing() -> None:
    rows = [[1.0, 2.0, 3.0], [], [1.0, 2.0], None, [1.0, 2.0, 3.0, 4.0], [0.0, None, 0.0]]
    for view in looked(rows, FieldKind.EMBEDDING):
        odd = ["mistyped", "mistyped", "missing", "mistyped"]
        assert shown(view)[1:5] == odd
        assert np.isfinite(view.values[0])
    norm, *_ = looked(rows, FieldKind.EMBEDDING)
    assert np.isnan(norm.values[5])  # a hole within a vector is counted as not finite


def test_vectors_come_in_lists_of_any_kind() -> None:
    rows = [[1.0, 2.0], None, [3.0, 4.0]]
    for kind in (
        pa.list_(pa.float32()),
        pa.list_(pa.float64(), 2),
        pa.large_list(pa.float16()),
        pa.list_(pa.int8()),
    ):
        matrix, fits = vectors(Batch({"f_x": pa.array(rows, kind)}, 3), "f_x", 2)
        assert matrix.tolist() == [[1.0, 2.0], [0.0, 0.0], [3.0, 4.0]]
        assert fits.tolist() == [True, False, True]


def test_a_column_that_is_absent_is_missing_everywhere() -> None:
    batch = Batch({"at": pa.array([START] * 2, INSTANT)}, 2)
    for kind in (FieldKind.NUMERIC, FieldKind.TEXT, FieldKind.TIMESTAMP, FieldKind.EMBEDDING):
        for view in views(batch, Field("x", kind), EMBEDDING):
            assert shown(view) == ["missing"] * 2


def test_what_is_counted_by_value_has_no_numeric_view() -> None:
    assert looked(["a", None], FieldKind.CATEGORICAL) == []
    assert looked(["true", None], FieldKind.BOOLEAN) == []


SAMPLES: dict[FieldKind, list[object]] = {
    FieldKind.NUMERIC: [1.5, None, float("nan"), -0.0, float("inf")],
    FieldKind.TEXT: ["a", None, "né", "", "\N{REPLACEMENT CHARACTER}"],
    FieldKind.TIMESTAMP: [START, None, START - timedelta(days=400)],
    FieldKind.EMBEDDING: [[0.1, 0.2, 0.3], None, [1e38, -1e38, 1e38], [0.7, 0.1], [0.0] * 3],
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_row_looks_the_same_in_whatever_batch_it_comes(kind: FieldKind) -> None:
    random = np.random.default_rng(1)
    rows = [SAMPLES[kind][k] for k in random.integers(0, len(SAMPLES[kind]), 200).tolist()]
    whole = [shown(view) for view in looked(rows, kind)]
    for cuts in ([1, 2, 3, 150], [64], [199]):
        borders = [0, *cuts, len(rows)]
        parts = [looked(rows[a:b], kind) for a, b in pairwise(borders)]
        for number, view in enumerate(whole):
            assert view == [row for part in parts for row in shown(part[number])]

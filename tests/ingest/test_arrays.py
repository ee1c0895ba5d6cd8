import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, cast

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ingest import arrays
from tocsin.ingest.rows import Attribute


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([Decimal("1.25"), None]), [1.25, None]),
        (pa.array([True, False]), [1.0, 0.0]),
        (pa.array([3, None], pa.int8()), [3.0, None]),
        (pa.array([2**63 - 1], pa.int64()), [float(2**63 - 1)]),
        (pa.array([1.5], pa.float16()), [1.5]),
        (pa.nulls(2), [None, None]),
    ],
)
def test_numbers_of_every_width_become_doubles(
    column: arrays.Column, expected: list[float]
) -> None:
    assert arrays.numbers(column).to_pylist() == expected


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["12.5"]),
        pa.array([math.inf]),
        pa.array([-math.inf]),
        pa.array([math.nan]),
        pa.array([[1.0]]),
        pa.array([datetime(2026, 1, 1)]),  # noqa: DTZ001 - a naive column is the point
    ],
)
def test_a_value_that_is_no_finite_number_is_nan_and_null_stays_null(column: arrays.Column) -> None:
    value, missing = arrays.numbers(column.take(pa.array([0, None]))).to_pylist()
    assert math.isnan(value)
    assert missing is None


def test_numbers_in_text_are_read_only_where_asked() -> None:
    column = pa.array([" 12.5", "n/a", "", None])
    read = arrays.numbers(column, read_text=True).to_pylist()
    assert read[0] == 12.5
    assert math.isnan(read[1])
    assert read[2:] == [None, None]


@pytest.mark.parametrize(
    "kind",
    [
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int8(), pa.string()),
        pa.dictionary(pa.uint32(), pa.large_string()),
    ],
)
def test_text_of_every_layout_is_read_and_empty_is_missing(kind: pa.DataType) -> None:
    column: Any = pa.array(["a", None, ""], kind)
    for form in (column, pa.chunked_array([column[:1], column[1:]])):
        assert arrays.texts(arrays.whole(form)).to_pylist() == ["a", None, None]


def coded(indices: list[int | None], words: list[str | None], kind: Any = "string") -> Any:
    dictionaries: Any = pa.DictionaryArray
    return dictionaries.from_arrays(pa.array(indices), pa.array(words, kind))


NULL_WITHIN, OTHERS = coded([0, 1, None], ["a", None]), coded([0, 1], ["c", "a"])
VIEWS = coded([0, None, 1], ["a", "b"], "string_view")
RUNS = cast("Any", pa.RunEndEncodedArray).from_arrays(pa.array([2, 3]), pa.array(["a", None]))


@pytest.mark.parametrize(
    "pieces",
    [
        [NULL_WITHIN],
        [NULL_WITHIN, OTHERS],
        [VIEWS],
        [VIEWS, VIEWS[1:]],
        [OTHERS, OTHERS[:1]],
        [OTHERS],
        [RUNS],
        [pa.array(["a", None], pa.string_view())],
        [pa.array([1, None])],
        [],
    ],
)
def test_a_chunked_column_becomes_one_array_that_says_the_same(pieces: list[Any]) -> None:
    column: Any = pa.chunked_array(pieces or [OTHERS[:0]])
    said = [value for piece in pieces for value in piece.to_pylist()]
    plain, chunk = arrays.whole(column), arrays.chunk(column)
    assert plain.to_pylist() == said
    assert chunk.to_pylist() == said
    assert chunk.null_count == said.count(None)
    assert not pa.types.is_dictionary(plain.type)
    assert pa.types.is_dictionary(chunk.type) == pa.types.is_dictionary(column.type)


def test_a_list_is_no_category() -> None:
    assert arrays.texts(pa.array([["a"], None])).to_pylist() == [None, None]


@given(st.lists(st.one_of(st.none(), st.floats(allow_infinity=False), st.integers(-99, 99))))
def test_bands_of_a_column_are_the_bands_of_its_values(values: list[float | None]) -> None:
    attribute = Attribute("age", (18.0, 25.0, 40.5))
    column = pa.array([None if v is None else float(v) for v in values], pa.float64())
    assert arrays.bands(column, attribute).to_pylist() == [attribute.band(v) for v in values]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_of_every_unit_and_zone_meet_in_utc(
    unit: Literal["s", "ms", "us", "ns"],
) -> None:
    at = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
    column = pa.array([at, None], pa.timestamp(unit, tz="Europe/Berlin"))
    assert arrays.instants(column).values.to_pylist() == [at, None]


def test_an_instant_without_a_zone_is_refused_on_the_wire_and_utc_in_files() -> None:
    at = datetime(2026, 11, 20, 14, 5)  # noqa: DTZ001 - a naive column is the point
    for column in (pa.array([at]), pa.array([at.isoformat()])):
        assert "no time zone" in arrays.instants(column).reasons[0]
        read = arrays.instants(column, naive_is_utc=True)
        assert read.values.to_pylist() == [at.replace(tzinfo=UTC)]
        assert not read.reasons


def test_one_unreadable_text_leaves_its_neighbours_alone() -> None:
    texts = ["2026-11-20T14:05:00+01:00", "yesterday", None, "0001-01-01T00:00:00+14:00"]
    read = arrays.instants(pa.array(texts))
    assert read.values.to_pylist() == [datetime(2026, 11, 20, 13, 5, tzinfo=UTC), None, None, None]
    assert sorted(read.reasons) == [1, 3]
    assert "'yesterday' is not an instant" in read.reasons[1]


def test_a_timestamp_beyond_the_calendar_is_refused_not_wrapped() -> None:
    column = pa.array([2**62, 0], pa.int64()).cast(pa.timestamp("s", tz="UTC"))
    read = arrays.instants(column)
    assert read.values.to_pylist() == [None, datetime(1970, 1, 1, tzinfo=UTC)]
    assert read.reasons == {0: "lies outside the calendar"}


def test_a_number_is_no_instant() -> None:
    assert "not an instant" in arrays.instants(pa.array([1_795_000_000])).reasons[0]


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30), timezones=st.timezones()))  # noqa: DTZ001 - bounds of the strategy are naive by its contract
def test_any_instant_survives_the_trip_through_text(at: datetime) -> None:
    read = arrays.instants(pa.array([at.isoformat(), "x"]))
    assert read.values[0].as_py() == at.astimezone(UTC)

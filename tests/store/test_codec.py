import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.examples import NOW, POLICY, SYSTEM, finding, plan
from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice
from tocsin.base.spans import Span
from tocsin.contain.plan import Plan
from tocsin.detect.finding import Finding
from tocsin.ingest.system import System
from tocsin.oncall.policy import Policy
from tocsin.store.codec import decode, encode


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Grade(IntEnum):
    ONE = 1
    TWO = 2


@dataclass(frozen=True)
class Inner:
    text: str
    ratio: float


@dataclass(frozen=True)
class Outer:
    flag: bool
    whole: int
    colour: Colour
    grade: Grade
    at: datetime
    for_: timedelta
    slice: Slice
    span: Span | None
    inner: Inner | None
    pair: tuple[float, int]
    many: tuple[Inner, ...]
    named: Mapping[str, Inner]
    graded: Mapping[Grade, tuple[str, ...]]
    either: str | float | None
    words: frozenset[str]
    late: list[int] = field(default_factory=list[int])


TEXT = st.text()
INSTANT = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(fold=0))
INNER = st.builds(Inner, TEXT, st.floats())
OUTER = st.builds(
    Outer,
    flag=st.booleans(),
    whole=st.integers(),
    colour=st.sampled_from(Colour),
    grade=st.sampled_from(Grade),
    at=INSTANT,
    for_=st.timedeltas(),
    slice=st.builds(Slice.of, st.dictionaries(TEXT, TEXT)),
    span=st.none() | st.builds(Span, INSTANT, INSTANT),
    inner=st.none() | INNER,
    pair=st.tuples(st.floats(), st.integers()),
    many=st.lists(INNER).map(tuple),
    named=st.dictionaries(TEXT, INNER),
    graded=st.dictionaries(st.sampled_from(Grade), st.lists(TEXT).map(tuple)),
    either=TEXT
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.none(),  # as text it reads "Infinity"
    words=st.frozensets(TEXT),
    late=st.lists(st.integers()),
)


@given(OUTER)
def test_what_is_encoded_comes_back_through_strict_json(value: Outer) -> None:
    text = json.dumps(encode(value), allow_nan=False)
    back = decode(Outer, json.loads(text))
    # NaN differs from itself, so values are compared by how they are written
    assert [repr(getattr(back, f.name)) for f in fields(Outer) if f.name != "words"] == [
        repr(getattr(value, f.name)) for f in fields(Outer) if f.name != "words"
    ]
    assert back.words == value.words


@pytest.mark.parametrize(
    ("kind", "value"), [(Policy, POLICY), (System, SYSTEM), (Plan, plan()), (Finding, finding())]
)
def test_the_rooms_nouns_come_back(kind: type, value: object) -> None:
    assert decode(kind, json.loads(json.dumps(encode(value), allow_nan=False))) == value


def test_odd_floats_are_said_as_words() -> None:
    assert encode((math.nan, math.inf, -math.inf)) == ["NaN", "Infinity", "-Infinity"]
    assert decode(tuple[float, ...], ["Infinity", 1]) == (math.inf, 1.0)


def test_an_older_record_gets_defaults_and_unknown_fields_are_passed_over() -> None:
    old = encode(SYSTEM)
    assert isinstance(old, dict)
    del old["bucket_s"]
    old["gone"] = "since the last release"
    assert decode(System, old) == SYSTEM


def test_an_instant_is_kept_in_utc_and_a_naive_one_refused() -> None:
    assert encode(datetime.fromisoformat("2026-11-20T15:05:00+01:00")) == NOW.isoformat()
    with pytest.raises(TypeError, match="no time zone"):
        encode(NOW.replace(tzinfo=None))


def test_days_and_times_of_day_come_back_and_a_time_with_an_offset_is_refused() -> None:
    for value in (date(2026, 3, 29), time(2, 30), time(23, 59, 59, 5)):
        assert decode(type(value), encode(value)) == value
    assert (encode(date(2026, 3, 29)), encode(time(9))) == ("2026-03-29", "09:00:00")
    with pytest.raises(TypeError, match="time cannot be stored"):
        encode(time(9, tzinfo=UTC))


@pytest.mark.parametrize(
    ("kind", "json_value", "message"),
    [
        (Inner, {"ratio": 1.0}, r"Inner\.text: missing"),
        (Inner, {"text": 1, "ratio": 1.0}, r"Inner\.text: 1 is not a str"),
        (Inner, [], "is not a Inner"),
        (Colour, "green", "'green' is not a Colour"),
        (int, True, "True is not a int"),
        (tuple[int, int], [1], "1 items instead of 2"),
        (tuple[int, ...], {"a": 1}, "is not a list"),
        (Mapping[str, int], {"a": "b"}, r"x\.a: 'b' is not a int"),
        (str | int, [1], "is none of"),
        (datetime, "soon", "'soon' is not a datetime"),
        (time, "2026-03-29", "'2026-03-29' is not a time"),
    ],
)
def test_a_damaged_record_names_the_place(kind: type, json_value: object, message: str) -> None:
    where = "x" if kind == Mapping[str, int] else ""
    with pytest.raises(BadInput, match=message):
        decode(kind, json_value, where=where)


def test_what_the_codec_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be stored"):
        encode(object())

"""Proofs that the fast way to counts is the slow one, bit for bit."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detect import desks
from tests.profile.rows import LENDING, START, spec_of
from tocsin.base.errors import BadInput
from tocsin.ingest.countable import countable
from tocsin.ingest.feast import LOGGED_AT, REQUEST_ID
from tocsin.ingest.rows import FieldKind
from tocsin.ingest.system import Columns, Kind
from tocsin.ingest.tabular import TEXT_CELLS, from_table
from tocsin.profile.cell import Profile, same
from tocsin.profile.kernel import profile
from tocsin.profile.learn import learn
from tocsin.profile.spec import Spec

N = 60
NOW = START + timedelta(days=365)
KINDS = {"note": "text", "asked": "timestamp", "member": "boolean", "purpose": "categorical"}
SYSTEM = replace(
    LENDING,
    columns=Columns(
        time="at",
        score="score",
        prediction="approved",
        label="repaid",
        version="release",
        latency_ms="ms",
    ),
    slices=("employer", "age"),
    features=("income", "purpose", "member", "note", "face", "asked"),
    kinds=KINDS,
)


def column(values: Any, kind: Any = None, mask: Any = None) -> Any:
    """Return an array of any type, which pyarrow's stubs cannot tell."""
    array: Any = pa.array
    return array(values, kind, mask=mask)


def table(n: int = N, seed: int = 1) -> pa.Table:
    """Return raw decisions with a feature of every kind."""
    r = np.random.default_rng(seed)
    gaps = r.random(n) < 0.2
    columns: dict[str, Any] = {
        "at": column([START + timedelta(minutes=7 * k) for k in range(n)]),
        "release": column(r.choice(["1", "2", ""], n), mask=gaps),
        "score": column(r.random(n), mask=gaps),
        "approved": column(r.random(n) < 0.5, mask=r.random(n) < 0.1),
        "repaid": column(r.random(n) < 0.5, mask=r.random(n) < 0.3),
        "ms": r.lognormal(3, 1, n),
        "income": column(r.lognormal(10, 1, n), mask=gaps),
        "purpose": column(r.choice(["car", "house"], n), mask=gaps),
        "member": column(r.random(n) < 0.5, mask=gaps),
        "note": column([f"né {k % 9}" for k in range(n)], mask=gaps),
        "face": column(r.normal(size=(n, 3)).tolist()),
        "asked": column([START - timedelta(hours=k) for k in range(n)], mask=gaps),
        "employer": column(r.choice(["state", "own"], n), mask=gaps),
        "age": column(r.integers(18, 70, n), mask=gaps),
        "sex": column(r.choice(["f", "m"], n), mask=gaps),
    }
    return pa.table(columns)


def holding(**columns: Any) -> pa.Table:
    """Return raw decisions with these columns, as long as they are."""
    raw = table(max(map(len, columns.values())))
    for name, changed in columns.items():
        raw = raw.set_column(raw.column_names.index(name), name, changed)
    return raw


SPEC = spec_of(table(2000, 0), SYSTEM)


def slowly(raw: pa.Table, spec: Spec = SPEC) -> Profile:
    accepted = from_table(raw, spec.schema, SYSTEM, NOW)
    assert not accepted.rejected
    return profile(accepted.table, spec)


def agree(raw: pa.Table, spec: Spec = SPEC) -> None:
    """Hold the fast way against the slow one."""
    fast = countable(raw, spec.schema, SYSTEM, NOW)
    assert fast is not None
    assert same(profile(fast, spec), slowly(raw, spec))


def sized(given: Any, kind: Any) -> Any:
    """Return the column as `kind`, a third of its rows in a chunk of their own."""
    as_kind = given.cast(kind)
    return pa.chunked_array([as_kind[: N // 3], as_kind[N // 3 :]])


@pytest.mark.parametrize("n", [1, 2, N])
def test_a_spotless_table_is_counted_as_the_slow_way_counts_it(n: int) -> None:
    assert {field.kind for field in SPEC.schema.features} == set(FieldKind)
    agree(table(n))


def test_no_rows_are_left_to_the_slow_way() -> None:
    assert countable(table().slice(0, 0), SPEC.schema, SYSTEM, NOW) is None


TEXTS = ("release", "purpose", "note", "employer", "sex")
LAYOUTS = (
    pa.large_string(),
    pa.string_view(),
    pa.dictionary(pa.int8(), pa.string()),
    pa.dictionary(pa.uint32(), pa.large_string()),
)


@pytest.mark.parametrize("kind", LAYOUTS, ids=str)
@pytest.mark.parametrize("name", TEXTS)
def test_texts_of_every_layout(name: str, kind: pa.DataType) -> None:
    raw = table()
    agree(holding(**{name: sized(raw[name].combine_chunks(), kind)}))


WORDS = {
    "unused": column(["0", "1", "yes"]),
    "null within": column(["0", None, "1"]),
    "one twice": column(["true", "false", "true"]),
    "views": column(["0", "1"], pa.string_view()),
    "numbers": column([1, None, 0], pa.int8()),
    "truths": column([True, False, None]),
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("name", [*TEXTS, "approved", "repaid"])
def test_dictionaries_of_every_sort_and_another_in_each_chunk(name: str, words: Any) -> None:
    codes: Any = column(np.arange(N // 2) % 2, mask=np.arange(N // 2) % 7 == 0)
    backwards = words.take(column(np.arange(len(words))[::-1])) if len(words) > 2 else words
    pieces: list[Any] = [pa.DictionaryArray.from_arrays(codes, some) for some in (words, backwards)]
    agree(holding(**{name: pa.chunked_array(pieces)}))
    agree(holding(**{name: pieces[0]}))


@pytest.mark.parametrize("size", [128, 256])
@pytest.mark.parametrize("name", ["purpose", "employer", "note", "release"])
def test_dictionaries_as_long_as_their_indices_reach(name: str, size: int) -> None:
    codes: Any = column([None, *range(size - N + 1, size)], pa.int8() if size < 200 else "uint8")
    words = column([f"w{k}" for k in range(size)])
    agree(holding(**{name: pa.DictionaryArray.from_arrays(codes, words)}))


INTEGERS = {f"{sign}int{bits}": bits for bits in (8, 16, 32, 64) for sign in ("", "u")}
DISCRETE = ("release", "approved", "repaid", "income", "purpose", "employer", "age", "member")


@pytest.mark.parametrize("kind", INTEGERS)
@pytest.mark.parametrize("name", [*DISCRETE, "score", "ms", "sex"])
def test_whole_numbers_of_every_width(name: str, kind: str) -> None:
    agree(holding(**{name: column([k % 2 for k in range(N)], kind)}))
    agree(holding(**{name: column([None, *(k % 2 for k in range(N - 1))], kind)}))


@pytest.mark.parametrize("kind", INTEGERS)
@pytest.mark.parametrize("name", [*DISCRETE[:2], *DISCRETE[3:]])
def test_the_smallest_and_largest_whole_numbers(name: str, kind: str) -> None:
    low, high = (-(2 ** (INTEGERS[kind] - 1)), 2 ** (INTEGERS[kind] - 1) - 1)
    if kind.startswith("u"):
        low, high = 0, 2 ** INTEGERS[kind] - 1
    for ends in ([low, high, None], [high, high - 1, None], [low, low + 1, None]):
        agree(holding(**{name: column(ends, kind)}))
        agree(holding(**{name: column(ends[:2], kind)}))


@pytest.mark.parametrize("kind", [pa.decimal128(9, 2), pa.decimal256(40, 2)], ids=str)
@pytest.mark.parametrize("name", [*(n for n in DISCRETE if n != "repaid"), "score", "ms", "sex"])
def test_decimals(name: str, kind: pa.DataType) -> None:
    values = [None, *(Decimal(k % 2) for k in range(N - 1))]
    agree(holding(**{name: sized(column(values, pa.decimal128(9, 2)), kind)}))
    if name != "score":
        agree(holding(**{name: column([Decimal("2.50"), Decimal("1000000.25")], kind)}))


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()], ids=str)
@pytest.mark.parametrize("name", [*DISCRETE, "sex"])
def test_floats(name: str, kind: pa.DataType) -> None:
    values = np.array([1.0, 0.0, np.nan, 0.0, 1.0])
    agree(holding(**{name: column(values).cast(kind)}))
    if name != "repaid":
        values = np.array([1e20, 2.5, np.inf, -0.0, 1e-7, np.nan])
        agree(holding(**{name: column(values).cast(kind, safe=False)}))


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin", "+05:30"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_instants_of_every_unit_and_zone(unit: Any, zone: Any) -> None:
    raw = table()
    for name in ("at", "asked"):
        # Arrow takes a naive instant as UTC, as we do
        agree(holding(**{name: sized(raw[name].combine_chunks(), pa.timestamp(unit, zone))}))


@pytest.mark.parametrize("name", [name for name in table(1).column_names if name != "at"])
def test_columns_without_any_value_and_with_nested_values(name: str) -> None:
    kind: Any = table().field(name).type
    columns: list[Any] = [pa.nulls(N), pa.nulls(N, kind)]
    if name not in {"score", "ms"}:  # where they are refused
        columns.append(column([[{"a": k}] for k in range(N)]))
    for empty in columns:
        agree(holding(**{name: empty}))


def test_run_ends_count_as_what_they_stand_for() -> None:
    ends: Any
    for name, ends in (("employer", ["own", None]), ("income", [1.0, None]), ("note", ["a", "b"])):
        runs: Any = cast("Any", pa.RunEndEncodedArray).from_arrays(column([9, N]), column(ends))
        agree(holding(**{name: runs}))


def test_columns_that_nobody_named_change_nothing_and_a_missing_one_is_told() -> None:
    raw = table()
    agree(raw.append_column("more", column(range(N))))
    agree(raw.drop_columns(["repaid"]))
    for name in ("income", "employer", "score", "at"):
        with pytest.raises(BadInput, match=f"column '{name}' missing"):
            countable(raw.drop_columns([name]), SPEC.schema, SYSTEM, NOW)


def test_without_roles_the_score_decides_at_our_time() -> None:
    system = replace(SYSTEM, columns=Columns(score="score"))
    fast = countable(table(), SPEC.schema, system, NOW)
    assert fast is not None
    slow = from_table(table(), SPEC.schema, system, NOW).table
    assert same(profile(fast, SPEC), profile(slow, SPEC))


def test_a_choice_among_classes_is_counted_the_same_either_way() -> None:
    letters = desks.table(N, np.random.default_rng(3))
    codes = {name: k for k, name in enumerate(desks.NAMES) if name != "loans"}
    for column in ("sent", "meant"):  # codes of classes, one column of them with holes
        values = [codes.get(str(v)) for v in letters[column].to_pylist()]
        kind = pa.int64() if column == "sent" else pa.float64()
        letters = letters.set_column(
            letters.column_names.index(column), column, pa.array(values, kind)
        )
    spec = learn(letters, desks.DESKS)
    fast = countable(letters, spec.schema, desks.DESKS, NOW)
    slow = from_table(letters, spec.schema, desks.DESKS, NOW)
    assert fast is not None
    assert not slow.rejected
    assert same(profile(fast, spec), profile(slow.table, spec))
    assert set(spec.classes) == {"0", "2", "3"}


ODD: dict[str, Callable[[], pa.Table]] = {
    "cells of text": lambda: table().replace_schema_metadata({TEXT_CELLS: b"csv"}),
    "instants as text": lambda: holding(at=column([START.isoformat()] * N)),
    "a row without time": lambda: holding(at=column([None, *[START] * (N - 1)])),
    "the future": lambda: holding(at=column([NOW + timedelta(hours=1)] * N)),
    "before 1970": lambda: holding(at=column([datetime(1969, 1, 1, tzinfo=UTC)] * N)),
    "beyond the calendar": lambda: holding(at=column([2**60]).cast(pa.timestamp("s"))),
    "a score above 1": lambda: holding(score=column([1.01] * N)),
    "a score below 0": lambda: holding(score=column([-0.01] * N)),
    "a score that is no number": lambda: holding(score=column([0.5, float("nan")] * (N // 2))),
    "a score as text": lambda: holding(score=column(["0.5"] * N)),
    "a negative latency": lambda: holding(ms=column([-1.0] * N)),
    "an endless latency": lambda: holding(ms=column([float("inf")] * N)),
    "a label of no class": lambda: holding(repaid=column(["true", "perhaps"] * (N // 2))),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_is_not_spotless_is_left_to_the_slow_way(odd: str) -> None:
    assert countable(ODD[odd](), SPEC.schema, SYSTEM, NOW) is None


def test_regressions_and_logs_of_feature_stores_are_left_to_the_slow_way() -> None:
    regression = replace(SYSTEM, kind=Kind.REGRESSION)
    assert countable(table(), SPEC.schema, regression, NOW) is None
    log = table()
    for name in (REQUEST_ID, LOGGED_AT):
        log = log.append_column(name, log["at"])
    assert countable(log, SPEC.schema, SYSTEM, NOW) is None


values: list[st.SearchStrategy[Any]] = [
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 3),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from(["true", "0", "car", "own", "1.0", "yes"]),
    st.decimals(0, 9, places=2),
    st.binary(max_size=2),
    st.dates(),
    st.datetimes(datetime(1969, 1, 1), datetime(2400, 1, 1)),  # noqa: DTZ001 - files hold naive instants too
    st.lists(st.floats(width=32), max_size=3),
    st.dictionaries(st.sampled_from("ab"), st.booleans()),
]


@st.composite
def columns(draw: st.DrawFn) -> Any:
    """Draw four values of one type, in one or two chunks, encoded or not."""
    one = draw(st.sampled_from(values))
    drawn = column(draw(st.lists(st.none() | one, min_size=4, max_size=4)))
    if draw(st.booleans()) and not pa.types.is_nested(drawn.type):
        drawn = drawn.dictionary_encode()
    cut = draw(st.integers(0, 4))
    return pa.chunked_array([drawn[:cut], drawn[cut:]]) if cut else drawn


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(table(1).column_names), columns(), min_size=1, max_size=3))
def test_whatever_the_columns_hold_the_fast_way_is_the_slow_one_or_none(
    changes: dict[str, Any],
) -> None:
    raw = holding(**changes)
    fast = countable(raw, SPEC.schema, SYSTEM, NOW)
    if fast is not None:
        assert same(profile(fast, SPEC), slowly(raw))

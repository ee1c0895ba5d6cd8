"""The same rows in every spelling that senders choose: what `test_inputs` counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.ingest.rows import INSTANT
from tocsin.ingest.system import Columns, System

Column = Any
Spell = Callable[[Column], Column]
START = datetime(2026, 10, 24, 20, 30, tzinfo=UTC)  # Berlin's clocks go back five hours later
N = 240
LOANS = System(
    name="loans",
    columns=Columns(
        time="at",
        score="score",
        prediction="approved",
        label="repaid",
        version="version",
        latency_ms="ms",
    ),
    slices=("employer", "age"),
    kinds={"note": "text", "asked_at": "timestamp"},
)


def plain() -> pa.Table:
    """Return rows whose columns have the plainest types; every odd value is somewhere."""
    r = np.random.default_rng(1)
    cents = r.integers(-500, 100_000, N)
    at = [START + timedelta(minutes=5 * k) for k in range(N)]
    every = np.arange(N)
    columns: dict[str, Column] = {
        "at": pa.array(at, INSTANT),
        "score": pa.array(r.integers(0, 257, N) / 256, mask=every % 11 == 0),
        "approved": pa.array(every % 3 == 0, mask=every % 13 == 0),
        "repaid": pa.array(every % 4 < 2, mask=every % 5 == 0),
        "version": pa.array(["v1", "v2", None] * (N // 3)),
        "ms": pa.array(r.integers(1, 4000, N) / 4),
        "amount": pa.array(cents / 4, mask=every % 17 == 0),
        "count": pa.array(r.integers(0, 100, N), pa.int64(), mask=every % 19 == 0),
        "odd": pa.array([1.5, None, float("nan"), float("inf"), -float("inf"), 2.5] * (N // 6)),
        "purpose": pa.array(["car", "house", None, "", "Käse", "car"] * (N // 6)),
        "urgent": pa.array(every % 2 == 0, mask=every % 7 == 0),
        "note": pa.array([f"note {'ü' * int(k % 9)}" for k in every], mask=every % 23 == 0),
        "asked_at": pa.array([t - timedelta(seconds=90) for t in at], INSTANT),
        "meaning": pa.array(r.integers(-8, 8, (N, 4)).astype(float).tolist()),
        "employer": pa.array(["state", "private", None, "self"] * (N // 4)),
        "age": pa.array(r.integers(18, 80, N), pa.int64(), mask=every % 29 == 0),
    }
    return pa.table(columns)


PLAIN = plain()


def spelt(name: str, spell: Spell) -> pa.Table:
    """Return the plain rows with one column spelt otherwise."""
    column: Any = PLAIN[name].combine_chunks()
    return PLAIN.set_column(PLAIN.column_names.index(name), name, spell(column))


def cast(kind: pa.DataType) -> Spell:
    return lambda column: column.cast(kind)


def decimals(column: Column, precision: int = 20) -> Column:
    make = pa.decimal128 if precision <= 38 else pa.decimal256
    values = [
        None if v is None else Decimal(v).quantize(Decimal("0.01")) for v in column.to_pylist()
    ]
    return pa.array(values, make(precision, 2))


def run_ends(column: Column) -> Column:
    return pc.call_function("run_end_encode", [column])


def chunked(column: Column) -> Column:
    pieces = [column.slice(k, 7) for k in range(0, len(column), 7)]
    return pa.chunked_array([column.slice(0, 0), *pieces, column.slice(0, 0)])


def dictionaries(column: Column) -> Column:
    """Return chunks each of which has a dictionary of its own."""
    pieces = [column.slice(k, 50).dictionary_encode() for k in range(0, len(column), 50)]
    return pa.chunked_array(pieces)


def texts_of(column: Column) -> Column:
    return pa.array([None if v is None else v.isoformat() for v in column.to_pylist()])


Unit = Literal["s", "ms", "us", "ns"]


def in_zone(unit: Unit, zone: str | None) -> Spell:
    if zone is None:  # the same instants without saying so
        return lambda column: column.cast(pa.timestamp("us")).cast(pa.timestamp(unit))
    return lambda column: column.cast(pa.timestamp("us", zone)).cast(pa.timestamp(unit, zone))


def small_decimals(column: Column) -> Column:
    values = [None if v is None else Decimal(v) for v in column.to_pylist()]
    return pa.array(values, pa.decimal128(12, 10))


def words(column: Column) -> Column:
    return pa.array([None if v is None else "yes" if v else "no" for v in column.to_pylist()])


def berlin_texts(column: Column) -> Column:
    """Return ISO 8601 with the offset of the day."""
    return texts_of(column.cast(pa.timestamp("us", "Europe/Berlin")))


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to spell one column; `at_rest`: a Parquet file can hold it."""

    name: str
    how: str
    spell: Spell
    at_rest: bool = True

    def __str__(self) -> str:
        return f"{self.name} as {self.how}"


def _spellings() -> list[Spelling]:
    found = [Spelling(name, "many chunks", chunked) for name in PLAIN.column_names]
    for name in ("purpose", "employer", "version", "note"):
        found += [
            Spelling(name, "large strings", cast(pa.large_string())),
            Spelling(name, "string views", cast(pa.string_view())),
            Spelling(name, "dictionaries", dictionaries),
            Spelling(name, "large words", lambda c: c.cast(pa.large_string()).dictionary_encode()),
            Spelling(name, "views", lambda c: c.cast(pa.string_view()).dictionary_encode(), False),
        ]
    for name in ("amount", "ms"):
        found += [
            Spelling(name, "decimals", decimals),
            Spelling(name, "large decimals", lambda column: decimals(column, 60)),
            Spelling(name, "dictionaries", dictionaries),
        ]
    for name in ("at", "asked_at"):
        found += [Spelling(name, "texts", texts_of), Spelling(name, "Berlin's texts", berlin_texts)]
        units: tuple[Unit, ...] = ("s", "ms", "us", "ns")
        for unit in units:
            for zone in ("UTC", "Europe/Berlin", "Asia/Kathmandu", None):
                found.append(Spelling(name, f"{unit} {zone}", in_zone(unit, zone)))
    for name in ("purpose", "amount", "approved", "score", "ms", "age", "employer", "at"):
        found.append(Spelling(name, "runs", run_ends, at_rest=False))
    found += [
        Spelling("score", "decimals", small_decimals),
        Spelling("repaid", "words", words),
    ]
    for name, kinds in _KINDS.items():
        found += [Spelling(name, str(kind), cast(kind)) for kind in kinds]
    return found


_WHOLE = (pa.int8(), pa.uint8(), pa.int32(), pa.uint64(), pa.decimal128(20, 0), pa.float64())
_KINDS: dict[str, tuple[pa.DataType, ...]] = {
    "score": (pa.float32(), pa.float16()),
    "amount": (pa.float32(),),
    "ms": (pa.float32(),),
    "odd": (pa.float32(),),
    "count": (*_WHOLE, pa.float32()),
    "age": _WHOLE,
    "approved": (pa.int64(), pa.float64(), pa.string()),
    "repaid": (pa.int8(), pa.float64(), pa.large_string()),
    "urgent": (pa.int8(), pa.string()),
    "meaning": (
        *(pa.list_(pa.float32()), pa.list_(pa.int64())),
        *(pa.large_list(pa.float64()), pa.list_(pa.float64(), 4)),
    ),
}
SPELLINGS = _spellings()

"""Faults that are put into flights: what happens to systems, in several sizes."""

from collections.abc import Callable, Mapping
from typing import Any

import flights
import numpy as np
import pyarrow as pa
import rivals
from numpy.random import Generator
from numpy.typing import NDArray

Fault = Callable[[pa.Table, Generator], pa.Table]


def changed(rows: pa.Table, name: str, values: Any) -> pa.Table:  # noqa: ANN401 - any column
    """Return `rows` with other values in one column; whole numbers stay whole."""
    kept: dict[str, Any] = {one: rows[one] for one in rows.column_names}
    kind: Any = kept[name].type
    whole = pa.types.is_integer(kind)
    kept[name] = pa.array(np.rint(values) if whole else values, kind, from_pandas=True)
    return pa.table(kept)


def shifted(column: str, sigma: float) -> Fault:
    """Add some standard deviations to a number."""

    def fault(rows: pa.Table, _: Generator) -> pa.Table:
        values = rivals.floats(rows, column)
        return changed(rows, column, values + sigma * SPREAD[column])

    return fault


def missing(column: str, part: float) -> Fault:
    """Lose some of a column."""

    def fault(rows: pa.Table, rng: Generator) -> pa.Table:
        values = rivals.floats(rows, column)
        return changed(rows, column, np.where(rng.random(len(values)) < part, np.nan, values))

    return fault


def swapped(column: str, one: str, other: str) -> Fault:
    """Take one category for the other."""
    names = {one: other, other: one}

    def fault(rows: pa.Table, _: Generator) -> pa.Table:
        return changed(rows, column, [names.get(str(v), v) for v in rivals.texts(rows, column)])

    return fault


def hundredfold(column: str, attribute: str, value: str) -> Fault:
    """Give one slice's numbers in another unit."""

    def fault(rows: pa.Table, _: Generator) -> pa.Table:
        factor = np.where(inside(rows, {attribute: value}), 100.0, 1.0)
        return changed(rows, column, rivals.floats(rows, column) * factor)

    return fault


def flipped(who: Mapping[str, str], part: float) -> Fault:
    """Turn some outcomes of a slice."""

    def fault(rows: pa.Table, rng: Generator) -> pa.Table:
        late = np.array(rivals.texts(rows, "late"), np.bool_)
        turned = inside(rows, who) & (rng.random(len(late)) < part)
        return changed(rows, "late", late ^ turned)

    return fault


def worse(who: Mapping[str, str], points: float) -> Fault:
    """Turn outcomes of a slice that were answered rightly, so that accuracy falls by `points`."""

    def fault(rows: pa.Table, rng: Generator) -> pa.Table:
        late = np.array(rivals.texts(rows, "late"), np.bool_)
        right = (rivals.floats(rows, "score") >= flights.THRESHOLD) == late
        people = inside(rows, who)
        part = points / max(float(right[people].mean()) if people.any() else 1.0, points)
        return changed(rows, "late", late ^ (people & right & (rng.random(len(late)) < part)))

    return fault


def disfavoured(who: Mapping[str, str], points: float) -> Fault:
    """Answer no to some of an intersection who would have got a yes."""

    def fault(rows: pa.Table, rng: Generator) -> pa.Table:
        score, people = rivals.floats(rows, "score"), inside(rows, who)
        yes = score >= flights.THRESHOLD
        part = points / max(float(yes[people].mean()) if people.any() else 1.0, points)
        lost = people & yes & (rng.random(len(score)) < part)
        return changed(rows, "score", np.where(lost, score * 0.5, score))

    return fault


def inside(rows: pa.Table, who: Mapping[str, str]) -> NDArray[np.bool_]:
    """Return which rows are in a slice."""
    found = np.ones(rows.num_rows, np.bool_)
    for name, value in who.items():
        found &= np.array([str(one) for one in rivals.texts(rows, name)]) == value
    return found


SPREAD = {"dewp": 19.4, "distance": 733.0}
"""Standard deviations over the year."""
FAULTS: dict[str, tuple[str, Fault]] = {
    "mean of dewp +0.1 σ": ("dewp", shifted("dewp", 0.1)),
    "mean of dewp +0.25 σ": ("dewp", shifted("dewp", 0.25)),
    "mean of dewp +0.5 σ": ("dewp", shifted("dewp", 0.5)),
    "mean of distance +0.25 σ": ("distance", shifted("distance", 0.25)),
    "5 % of distance missing": ("distance", missing("distance", 0.05)),
    "20 % of distance missing": ("distance", missing("distance", 0.2)),
    "two makers swapped": ("manufacturer", swapped("manufacturer", "BOEING", "EMBRAER")),
    "distance ×100 for carrier=MQ (8 %)": ("distance", hundredfold("distance", "carrier", "MQ")),
    "outcomes turned for carrier=MQ": ("distance", flipped({"carrier": "MQ"}, 1.0)),
    "accuracy −5 points for towards=ORD (5 %)": ("distance", worse({"towards": "ORD"}, 0.05)),
    "yes −0.1 for origin=JFK and evening": (
        "distance",
        disfavoured({"origin": "JFK", "part_of_day": "evening"}, 0.1),
    ),
}


def poisoned(step: int) -> Fault:
    """Turn 1 % more of the outcomes of one carrier each day."""
    return flipped({"carrier": "EV"}, 0.01 * step)


SLOW: dict[str, Callable[[int], Fault]] = {
    "poisoning of carrier=EV, 1 % more a window": poisoned,
    "accuracy −5 points for towards=ORD, lasting": lambda _: worse({"towards": "ORD"}, 0.05),
}

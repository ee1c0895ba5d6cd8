"""Feast's logs of served features: plain names, missing where not served, and how old each was.

    {view}__{feature}               the value                          → {feature}
    {view}__{feature}__status       PRESENT (1) or why it is not       → missing unless PRESENT
    {view}__{feature}__timestamp    when the value was made            → {feature}_age_s, seconds
    __log_timestamp, __request_id   when and for whom it was served    → kept
    __log_date                      the day of it                      → left out

Entities keep their names.  Where two views serve a feature of the same name, or an entity is called
like it, the feature keeps the view's name before its own.
Source: Feast, sdk/python/feast/feature_logging.py; FieldStatus in serving/ServingService.proto.
"""

from collections import Counter
from collections.abc import Container

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.ingest import arrays
from tocsin.ingest.arrays import Column, Mask

REQUEST_ID = "__request_id"
LOGGED_AT = "__log_timestamp"
_LOGGED_ON = "__log_date"
_STATUS, _MADE_AT = "__status", "__timestamp"
_PRESENT = 1
_TICKS_PER_S = 1_000_000


def is_log(table: pa.Table) -> bool:
    """Return whether a table is a log of served features: it has the log's own columns, once."""
    names = table.column_names
    return {REQUEST_ID, LOGGED_AT} <= set(names) and len(set(names)) == len(names)


def read_log(table: pa.Table, wanted: Container[str] | None = None) -> pa.Table:
    """Return a log of served features under plain names; any other table as it is.

    Args:
        table: as Feast writes it.
        wanted: names of ages to give, None: all.
    """
    if not is_log(table):
        return table
    names = table.column_names
    features = {n: f for n in names if (f := _feature(n, names))}
    about = {n + end for n in features for end in (_STATUS, _MADE_AT)}
    others = [n for n in names if n not in features and n not in about and n != _LOGGED_ON]
    served = Counter([*features.values(), *others])
    columns: dict[str, Column] = {name: table.column(name) for name in others}
    columns[REQUEST_ID] = _numbered(arrays.whole(table.column(REQUEST_ID)))
    logged_at = _instants(table, LOGGED_AT)
    for name, feature in features.items():
        absent = _absent(table, name)
        plain = feature if served[feature] == 1 else name
        columns[plain] = arrays.without(arrays.whole(table.column(name)), absent)
        age = f"{plain}_age_s"
        if name + _MADE_AT in names and (wanted is None or age in wanted):
            columns[age] = _age_s(logged_at, _instants(table, name + _MADE_AT), absent)
    return pa.table(columns)


def _feature(name: str, names: list[str]) -> str:
    """Return the plain name of a feature's column; "" where the column is none."""
    view, _, feature = name.partition("__")
    told = name + _STATUS in names or name + _MADE_AT in names
    return feature if view and told else ""


def _absent(table: pa.Table, name: str) -> Mask:
    if name + _STATUS not in table.column_names:
        return np.zeros(table.num_rows, np.bool_)
    status = arrays.numbers(arrays.whole(table.column(name + _STATUS)))
    return arrays.dense(status) != _PRESENT


def _instants(table: pa.Table, name: str) -> Column:
    return arrays.instants(arrays.whole(table.column(name)), naive_is_utc=True).values


def _age_s(logged_at: Column, made_at: Column, absent: Mask) -> Column:
    """Return ages; Feast writes the year 1970 where there is nothing to be old."""
    made = arrays.ticks(made_at)
    ages: Column = pa.array((arrays.ticks(logged_at) - made) / _TICKS_PER_S, pa.float64())
    return arrays.without(ages, absent | arrays.nulls(logged_at) | (made <= 0))


def _numbered(ids: Column) -> Column:
    """Return an id for each row: a request for several entities is logged as several rows."""
    texts = arrays.texts(ids)
    if pc.count_distinct(texts).as_py() == len(texts):
        return texts
    names: list[str | None] = texts.to_pylist()
    several, seen = Counter(names), Counter[str | None]()
    unique: list[str | None] = []
    for name in names:
        alone = name is None or several[name] == 1
        unique.append(name if alone else f"{name}-{seen[name]}")
        seen[name] += 1
    return pa.array(unique, pa.string())

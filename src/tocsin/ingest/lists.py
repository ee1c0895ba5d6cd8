"""Lists: what a ranking answers, and what turned out to be wanted of it, as the lake holds them.

    answers    the items shown, first one first: `["a","b","c"]`
    outcomes   by position, how much each item was wanted: `[0,1,0]`; or by item: `{"b":1}`

Both rest as compact JSON, so that every reader of the lake can take them apart.  A gain is a number
from 0 on, 1 for a click; an item with a gain above 0 was wanted.  Senders may also list the items
that were wanted, as texts: `["b"]` becomes `{"b":1}`.  Where nothing was wanted the outcome is an
empty list, which says more than none: an outcome that is missing is not known yet.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import numpy as np
import pyarrow as pa

from tocsin.ingest import arrays
from tocsin.ingest.arrays import Column, Mask
from tocsin.ingest.system import plain

MOST_ITEMS = 1000
"""Items of one list."""
NO_LIST = f"must be a list of at most {MOST_ITEMS} items"
NO_GAINS = "must be a list of gains from 0 on, a list of the items wanted, or gains by item"
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

Read: TypeAlias = tuple[Column, Mask]
"""Texts, null where there is none; and where there was something that is no such list."""


def shown(column: Column) -> Read:
    """Return answers as the lake holds them.

    >>> shown(pa.array([["a", "b"], [], None]))[0].to_pylist()
    ['["a","b"]', '[]', None]
    """
    return _read(column, items_of)


def wanted(column: Column) -> Read:
    """Return outcomes as the lake holds them.

    >>> wanted(pa.array([[0.0, 1.0], None]))[0].to_pylist()
    ['[0,1]', None]
    """
    return _read(column, gains_of)


def items_of(value: object) -> str | None:
    """Return the text of one answer; None: it is no list of items.

    >>> items_of([3, "b"]), items_of('["a"]'), items_of("a"), items_of([None])
    ('["3","b"]', '["a"]', None, None)
    """
    given = _taken(value)
    if not isinstance(given, list) or len(cast("list[object]", given)) > MOST_ITEMS:
        return None
    names = [_name(one) for one in cast("list[object]", given)]
    return None if None in names else _text(names)


def gains_of(value: object) -> str | None:
    """Return the text of one outcome; None: it is none.

    >>> gains_of([0, 1.5]), gains_of(["b"]), gains_of({"b": 2}), gains_of([]), gains_of([-1])
    ('[0,1.5]', '{"b":1}', '{"b":2}', '[]', None)
    """
    given = _taken(value)
    if isinstance(given, list):
        many = cast("list[object]", given)
        if many and all(isinstance(one, str) for one in many):
            given = dict.fromkeys(many, 1)
    if isinstance(given, Mapping):
        by_item = cast("Mapping[object, object]", given)
        # a record of a column has every item of the column, null where it has no say
        known = {plain(k): _gain(v) for k, v in by_item.items() if v is not None}
        odd = None in known or None in known.values() or len(known) > MOST_ITEMS
        return None if odd else _text(known)
    if not isinstance(given, list) or len(cast("list[object]", given)) > MOST_ITEMS:
        return None
    gains = [0 if one is None else _gain(one) for one in cast("list[object]", given)]
    return None if None in gains else _text(gains)


def parsed(texts: Sequence[str]) -> list[Any]:
    """Return what texts of the lake hold, all at once: a list or a mapping each."""
    return cast("list[Any]", json.loads(f"[{','.join(texts)}]"))


def _read(column: Column, function: Callable[[object], str | None]) -> Read:
    values: list[object] = column.to_pylist()
    if pa.types.is_map(column.type):
        values = [None if v is None else dict(cast("list[tuple[Any, Any]]", v)) for v in values]
    there = [v is not None and v != "" for v in values]
    texts = [function(v) if t else None for v, t in zip(values, there, strict=True)]
    wrong = [t and text is None for t, text in zip(there, texts, strict=True)]
    return pa.array(texts, pa.string()), np.array(wrong, np.bool_)


def _taken(value: object) -> object:
    """Return a value, read if it is written as JSON (a cell of a CSV file)."""
    if not isinstance(value, str):
        return value
    try:
        return cast("object", json.loads(value))
    except ValueError:
        return None


def _name(item: object) -> str | None:
    return None if isinstance(item, list | Mapping) else plain(item)


def _gain(value: object) -> int | float | None:
    try:
        number = float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return None
    if not (math.isfinite(number) and number >= 0):
        return None
    return int(number) if number.is_integer() else number


def _text(value: object) -> str:
    return _JSON.encode(value).encode("utf-8", "replace").decode()


def lists(column: Column) -> bool:
    """Return whether a column holds lists, or texts that look like them."""
    kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return True
    if not arrays.is_text(kind):
        return False
    some: list[str] = column.drop_null().slice(0, 100).to_pylist()
    return bool(some) and all(text.startswith("[") and text.endswith("]") for text in some)

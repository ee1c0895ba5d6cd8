"""Rows as they travel to the server: one JSON object a line, every value plain.

A prediction: {"id", "at", "version", "features", "attributes", "score", "prediction", "latency_ms",
"decided_by", "directive", "error"}, and "capacity_used" where the service tells it; an outcome:
{"id", "at", "label"}.

Rows are written down on the service's thread and encoded later on ours, so encoding must take
whatever a service holds: numpy scalars, dates, enums, NaN.  A number that is not finite travels as
text ("NaN"): the server then counts it as an *invalid* feature, which null (missing) would hide.
As a score or an attribute it is null, which is to say unknown.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import TypeAlias, cast

Row: TypeAlias = dict[str, object]

TEXT_MAX_CHARS = 1000
"""Longest text of an object we only know how to print."""
INTEGER_MAX = 2**63
"""Integers from here on travel as floating point."""
DEPTH_MAX = 6
"""Deepest nesting that is kept; what lies below becomes null."""


def encode(row: Mapping[str, object]) -> bytes:
    r"""Return `row` as one line of NDJSON, line end included.  Never raises.

    >>> encode({"id": "a", "at": datetime(2026, 11, 20, tzinfo=UTC), "score": float("nan")})
    b'{"id":"a","at":"2026-11-20T00:00:00.000000Z","score":null}\n'
    >>> encode({"features": {"income": float("nan")}})
    b'{"features":{"income":"NaN"}}\n'
    """
    score = row.get("score")
    if score is not None and not _quietly(lambda: _is_finite(plain(score))):
        row = {**row, "score": None}
    try:
        line = json.dumps(row, default=plain, allow_nan=False, separators=(",", ":"))
    except Exception:  # noqa: BLE001 - NaN inside, an odd key, a circle, or a class of the service
        cleaned: Row = {name: _quietly(lambda v=value: _clean(v)) for name, value in row.items()}
        if "attributes" in row:
            cleaned["attributes"] = _quietly(lambda: _known(row["attributes"]))
        line = json.dumps(cleaned, separators=(",", ":"))
    return line.encode() + b"\n"


def plain(value: object) -> object:  # noqa: PLR0911, C901 - one line per kind of value reads best
    """Return a scalar as JSON can carry it; mappings and sequences come back as they are.

    >>> plain(Decimal("0.5")), plain(date(2026, 11, 20)), plain(float("inf")), plain(b"x")
    (0.5, '2026-11-20', 'Infinity', None)
    """
    if isinstance(value, Enum):
        return plain(cast("object", value.value))
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return value if abs(value) < INTEGER_MAX else _quietly(lambda: float(value))
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Mapping, list, tuple)):
        return cast("object", value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return None
    to_list = getattr(value, "tolist", None)  # numpy and friends, without importing them
    if callable(to_list):
        listed = _quietly(cast("Callable[[], object]", to_list))
        return plain(listed) if isinstance(listed, float) else listed
    return _quietly(lambda: str(value)[:TEXT_MAX_CHARS])


def text(value: object) -> str:
    """Return the text under which the server compares an attribute; empty where it is unknown.

    >>> text("north"), text(True), text(3), text(3.0), text(None), text(float("nan"))
    ('north', 'true', '3', '3', '', '')
    """
    if type(value) is str:
        return value
    known = None if _is_infinite(value) else plain(value)
    if known is None:
        return ""
    if isinstance(known, float) and known.is_integer():
        return str(int(known))  # as the server does, so that 3 and 3.0 are one category
    return str(known).lower() if isinstance(known, bool) else str(known)


def iso(at: datetime) -> str:
    """Return an instant in ISO 8601, UTC, with microseconds; a naive one is taken to be UTC.

    >>> iso(datetime(2026, 11, 20, 14, 5))
    '2026-11-20T14:05:00.000000Z'
    """
    aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return aware.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _is_finite(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _known(attributes: object) -> dict[str, object]:
    """Return attributes with null for numbers that are not finite."""
    named = cast("Mapping[object, object]", attributes)
    return {
        str(plain(name)): None if _is_infinite(value) else _clean(value)
        for name, value in named.items()
    }


def _is_infinite(value: object) -> bool:
    """Return whether a value, plain or not, is a number that is not finite."""
    return not isinstance(value, str) and plain(value) in ("NaN", "Infinity", "-Infinity")


def _quietly(make: Callable[[], object]) -> object:
    try:
        return make()
    except Exception:  # noqa: BLE001 - a service's own class may raise anything when printed
        return None


def _clean(value: object, depth: int = DEPTH_MAX) -> object:
    if depth < 0:
        return None
    value = plain(value)
    if isinstance(value, Mapping):
        mapping = cast("Mapping[object, object]", value)
        return {str(plain(key)): _clean(item, depth - 1) for key, item in mapping.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item, depth - 1) for item in cast("Sequence[object]", value)]
    return value

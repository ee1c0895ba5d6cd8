"""Rows as they travel to the server: one JSON object a line, every value plain.

A prediction: {"id", "at", "version", "features", "attributes", "score", "prediction", "latency_ms",
"decided_by", "directive", "error"}; an outcome: {"id", "at", "label"}.

Rows are written down on the service's thread and encoded later on ours, so encoding must take
whatever a service holds: numpy scalars, dates, enums, NaN.  A number that is not finite travels as
text ("NaN"): the server then counts it as an *invalid* feature, which null (missing) would hide.
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
    if score is not None and not _finite(plain(score)):
        row = {**row, "score": None}
    try:
        text = json.dumps(row, default=plain, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError):  # NaN inside, an odd key, a circle
        text = json.dumps(_clean(row, DEPTH_MAX), separators=(",", ":"))
    return text.encode() + b"\n"


def plain(value: object) -> object:  # noqa: PLR0911, C901 - one line per kind of value reads best
    """Return a scalar as JSON can carry it; mappings and sequences come back as they are.

    >>> plain(Decimal("0.5")), plain(date(2026, 11, 20)), plain(float("inf")), plain(b"x")
    (0.5, '2026-11-20', 'Infinity', None)
    """
    if isinstance(value, Enum):
        return plain(cast("object", value.value))
    if value is None or isinstance(value, (str, bool, int)):
        return value
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
        return _quietly(cast("Callable[[], object]", to_list))
    return _quietly(lambda: str(value)[:TEXT_MAX_CHARS])


def text(value: object) -> str:
    """Return the text under which the server compares an attribute; empty where it is unknown.

    >>> text("north"), text(True), text(3), text(None)
    ('north', 'true', '3', '')
    """
    if type(value) is str:
        return value
    value = plain(value)
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def iso(at: datetime) -> str:
    """Return an instant in ISO 8601, UTC, with microseconds; a naive one is taken to be UTC.

    >>> iso(datetime(2026, 11, 20, 14, 5))
    '2026-11-20T14:05:00.000000Z'
    """
    aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return aware.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _finite(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _quietly(make: Callable[[], object]) -> object:
    try:
        return make()
    except Exception:  # noqa: BLE001 - a service's own class may raise anything when printed
        return None


def _clean(value: object, depth: int) -> object:
    if depth < 0:
        return None
    value = plain(value)
    if isinstance(value, Mapping):
        mapping = cast("Mapping[object, object]", value)
        return {str(plain(key)): _clean(item, depth - 1) for key, item in mapping.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item, depth - 1) for item in cast("Sequence[object]", value)]
    return value

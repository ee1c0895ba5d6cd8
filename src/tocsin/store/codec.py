"""Values as JSON and back, by their type hints.

A noun of a room is stored as one JSON document.  Reading is by the noun's type hints, so that a
document written by an older release still reads as long as new fields have defaults; fields that
are gone are ignored.  JSON has no NaN, instant, length of time or tuple; here they become:

    float NaN, inf     the strings "NaN", "Infinity", "-Infinity"
    datetime           ISO 8601 in UTC (naive is refused)
    date, time         ISO 8601 (a time with an offset is refused)
    timedelta          whole microseconds
    Slice              {"attribute": "value"}
    mapping            an object if every key is text, else a list of pairs
    tuple, frozenset   a list
"""

import math
import types
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import cache, lru_cache, partial
from json import loads
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
T = TypeVar("T")

_MICROSECOND = timedelta(microseconds=1)
_ODD_FLOATS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_DO = "the record was written by another release or edited by hand"


def encode(value: object) -> Json:  # noqa: C901, PLR0911, PLR0912 - one case per kind of value
    """Return `value` as what `json.dumps(..., allow_nan=False)` takes.

    Raises:
        TypeError: a type this codec does not know, or a naive datetime.

    >>> encode((Slice.of({"sex": "f"}), float("nan"), timedelta(seconds=1)))
    [{'sex': 'f'}, 'NaN', 1000000]
    """
    match value:
        case Enum():
            return encode(value.value)
        case None | bool() | str() | int():
            return value
        case float():
            return value if math.isfinite(value) else _odd(value)
        case datetime():
            return _instant(value)
        case date() | time(tzinfo=None):
            return value.isoformat()
        case timedelta():
            return value // _MICROSECOND
        case Slice():
            return encode(value.as_dict())
        case Mapping():
            pairs = cast("Mapping[object, object]", value)
            if all(isinstance(key, str) for key in pairs):
                return {str(encode(key)): encode(item) for key, item in pairs.items()}
            return [[encode(key), encode(item)] for key, item in pairs.items()]
        case tuple() | list():
            return [encode(item) for item in cast("Sequence[object]", value)]
        case set() | frozenset():
            items = [encode(item) for item in cast("AbstractSet[object]", value)]
            return sorted(items, key=repr)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {f.name: encode(getattr(value, f.name)) for f in fields(value) if f.init}
        case _:
            raise TypeError(f"{type(value).__name__} cannot be stored as JSON; add it to the codec")


def decode(kind: type[T], json: object, *, where: str = "") -> T:
    """Return the value of type `kind` that `json` stands for; the inverse of `encode`.

    Args:
        kind: any type built of the ones in the module's table.
        json: what `json.loads` gave.
        where: names the record, for the message.

    Raises:
        BadInput: the document does not have the shape of `kind`.

    >>> decode(tuple[int, ...], [1, 2])
    (1, 2)
    """
    return cast("T", _decode(kind, json, where))


@lru_cache(maxsize=4096)
def read(kind: type[T], text: str, where: str) -> T:
    """Return the value of type `kind` that a document stands for, given as its text.

    Most that is read was read before and has not changed since: the same text is decoded once.
    Only for frozen types, since whoever reads the same text gets the same value.

    Raises:
        BadInput: the document does not have the shape of `kind`.
    """
    return decode(kind, loads(text), where=where)


def _odd(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise TypeError(f"{value.isoformat()} has no time zone; instants are aware UTC")
    return value.astimezone(UTC).isoformat()


def _decode(kind: Any, json: object, where: str) -> object:  # noqa: ANN401 - any type hint
    return _reader(kind)(json, where)


@cache
def _reader(kind: Any) -> Callable[[object, str], object]:  # noqa: ANN401, PLR0911 - any type hint; one line per kind of type
    """Return what reads values of `kind`: found once for each, since a hint says it slowly."""
    if kind is object or kind is Any:
        return lambda json, _: json
    origin, args = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, Union):
        return partial(_one_of, args)
    if origin is not None:
        return partial(_collection, origin, args)
    if kind is Slice:
        return lambda json, where: Slice.of(
            cast("dict[str, str]", _decode(dict[str, str], json, where))
        )
    if isinstance(kind, type) and is_dataclass(kind):
        return partial(_record, kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return partial(_member, kind)
    return partial(_plain, kind)


def _plain(kind: Any, json: object, where: str) -> object:  # noqa: ANN401 - any plain type
    match json:
        case str() if kind in {datetime, date, time}:
            with suppress(ValueError):
                return kind.fromisoformat(json)
        case str() if kind is float and json in _ODD_FLOATS:
            return _ODD_FLOATS[json]
        case bool() if kind is not bool:
            pass
        case int() if kind is timedelta:
            return json * _MICROSECOND
        case int() if kind is float:
            return float(json)
        case bool() | int() | float() | str() | None if json is None or isinstance(json, kind):
            return json
        case _:
            pass
    raise BadInput(f"{json!r} is not a {getattr(kind, '__name__', kind)}", where=where, do=_DO)


def _one_of(kinds: tuple[Any, ...], json: object, where: str) -> object:
    if json is None and type(None) in kinds:
        return None
    rest = [kind for kind in kinds if kind is not type(None)]
    if len(rest) == 1:
        return _decode(rest[0], json, where)
    if any(kind is type(json) for kind in rest):
        return json
    if float in rest and json in _ODD_FLOATS:
        return _ODD_FLOATS[str(json)]
    raise BadInput(f"{json!r} is none of {kinds}", where=where, do=_DO)


def _collection(origin: Any, args: tuple[Any, ...], json: object, where: str) -> object:  # noqa: ANN401 - any generic
    if issubclass(origin, Mapping):
        pairs: list[Any] = (
            list(cast("dict[str, object]", json).items())
            if isinstance(json, dict)
            else _rows(json, where)
        )
        return {
            _decode(args[0], key, where): _decode(args[1], item, f"{where}.{key}")
            for key, item in pairs
        }
    rows = _rows(json, where)
    if origin is tuple and args[-1] is not Ellipsis:
        if len(rows) != len(args):
            raise BadInput(f"{len(rows)} items instead of {len(args)}", where=where, do=_DO)
        return tuple(_decode(a, r, where) for a, r in zip(args, rows, strict=True))
    as_they_are = _unchanged(args[0])
    items = (
        row if type(row) in as_they_are else _decode(args[0], row, f"{where}[{k}]")
        for k, row in enumerate(rows)
    )
    if issubclass(origin, tuple):
        return tuple(items)
    return frozenset(items) if issubclass(origin, AbstractSet) else list(items)


def _rows(json: object, where: str) -> list[object]:
    if not isinstance(json, list):
        raise BadInput(f"{json!r} is not a list", where=where, do=_DO)
    return cast("list[object]", json)


def _member(kind: type[Enum], json: object, where: str) -> Enum:
    try:
        return kind(json)
    except ValueError:
        raise BadInput(f"{json!r} is not a {kind.__name__}", where=where, do=_DO) from None


@cache
def _unchanged(kind: Any) -> frozenset[type]:  # noqa: ANN401 - any type hint
    """Return the types of JSON whose values are of `kind` as they are, as most that rests is."""
    if get_origin(kind) in (types.UnionType, Union):
        return frozenset[type]().union(*map(_unchanged, get_args(kind)))
    return frozenset({kind} & {str, int, float, bool, type(None)})


@cache
def _fields(kind: type) -> tuple[tuple[str, Any, bool, frozenset[type]], ...]:
    """Return each field's name, type hint, whether it must be there, and what needs no decoding."""
    hints = get_type_hints(kind)
    return tuple(
        (
            f.name,
            hints[f.name],
            f.default is MISSING and f.default_factory is MISSING,
            _unchanged(hints[f.name]),
        )
        for f in cast("tuple[Field[object], ...]", fields(kind))
        if f.init
    )


def _record(kind: type, json: object, where: str) -> object:
    if not isinstance(json, dict):
        raise BadInput(f"{json!r} is not a {kind.__name__}", where=where, do=_DO)
    document = cast("dict[str, object]", json)
    values, base = dict[str, object](), where or kind.__name__
    for name, hint, needed, as_they_are in _fields(kind):
        if name in document:
            item = document[name]
            values[name] = (
                item if type(item) in as_they_are else _decode(hint, item, f"{base}.{name}")
            )
        elif needed:
            raise BadInput("missing", where=f"{base}.{name}", do=_DO)
    return kind(**values)

"""What a flag gives to somebody, by the published meaning of the operations that we write."""

import hashlib
from collections.abc import Mapping
from typing import cast


def given(flag: Mapping[str, object], person: Mapping[str, object], key: str = "") -> object:
    """Return the variant; None is the default of the code."""
    rule = flag.get("targeting")
    said = _value(rule, person, key) if rule else None
    return flag.get("defaultVariant") if said is None else said


def _value(rule: object, person: Mapping[str, object], key: str) -> object:
    if not isinstance(rule, dict):
        return rule
    ((operation, given_),) = cast("dict[str, object]", rule).items()
    if operation == "var":
        return person.get(str(given_))
    arguments = cast("list[object]", given_)
    if operation == "if":
        condition, then, other = arguments
        return _value(then if _value(condition, person, key) else other, person, key)
    if operation == "fractional":
        return _drawn(cast("list[tuple[str, int]]", arguments), key)
    values = [_value(one, person, key) for one in arguments]
    if operation in ("and", "or"):
        return all(values) if operation == "and" else any(values)
    return _compared(operation, *values)


def _drawn(weights: list[tuple[str, int]], key: str) -> str:
    total = sum(weight for _, weight in weights)
    point = int(hashlib.sha256(key.encode()).hexdigest(), 16) % total
    for variant, weight in weights:
        point -= weight
        if point < 0:
            return variant
    raise AssertionError("weights that do not add up")


def _compared(operation: str, one: object, other: object) -> bool:
    if operation in ("==", "!="):
        return (str(one) == str(other)) == (operation == "==")
    try:
        low, high = float(str(one)), float(str(other))
    except ValueError:
        return False
    return low >= high if operation == ">=" else low < high

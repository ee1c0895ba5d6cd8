"""What a flag gives to somebody, by the published meaning of the operations that we write."""

import hashlib
from collections.abc import Mapping
from typing import Any


def given(flag: Mapping[str, Any], person: Mapping[str, object], key: str = "") -> str | None:
    """Return the variant; None is the default of the code."""
    rule = flag.get("targeting")
    said = _value(rule, person, key) if rule else None
    return flag.get("defaultVariant") if said is None else said


def _value(rule: Any, person: Mapping[str, object], key: str) -> Any:
    if not isinstance(rule, dict):
        return rule
    ((operation, arguments),) = rule.items()
    if operation == "var":
        return person.get(arguments)
    if operation == "if":
        condition, then, other = arguments
        return _value(then if _value(condition, person, key) else other, person, key)
    if operation == "fractional":
        total = sum(weight for _, weight in arguments)
        point = int(hashlib.sha256(key.encode()).hexdigest(), 16) % total
        for variant, weight in arguments:
            point -= weight
            if point < 0:
                return variant
    values = [_value(one, person, key) for one in arguments]
    if operation in ("and", "or"):
        return all(values) if operation == "and" else any(values)
    return _compared(operation, *values)


def _compared(operation: str, one: Any, other: Any) -> bool:
    if operation in ("==", "!="):
        return (str(one) == str(other)) == (operation == "==")
    try:
        return float(one) >= float(other) if operation == ">=" else float(one) < float(other)
    except (TypeError, ValueError):
        return False

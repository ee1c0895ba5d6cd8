"""What flagd's schema v0 (flags.json, targeting.json) says of a flag file, as far as we write it.

Written from the published schema: `if` takes three arguments, comparisons two, a `fractional` two
or more pairs of a variant and a weight, `var` a name that does not begin with `$flagd.`.
"""

from typing import cast

_TWO = frozenset({"==", "===", "!=", "!==", ">", ">=", "%", "in"})
_SOME = frozenset({"and", "or", "<", "<=", "-", "cat", "merge"})


def complaints(file: object) -> list[str]:
    """Return what the schema has against a flag file."""
    flags = cast("dict[str, object]", cast("dict[str, object]", file)["flags"])
    return [why for key, flag in flags.items() for why in _flag(key, flag)]


def _flag(key: str, flag: object) -> list[str]:
    if not isinstance(flag, dict):
        return [f"{key}: no object"]
    known = cast("dict[str, object]", flag)
    found: list[str] = []
    if known.get("state") not in ("ENABLED", "DISABLED"):
        found.append(f"{key}: state")
    if not isinstance(known.get("defaultVariant"), str | None):
        found.append(f"{key}: defaultVariant")
    variants = cast("dict[str, object]", known.get("variants", {}))
    if len({type(value) for value in variants.values()}) > 1:
        found.append(f"{key}: variants")
    if "targeting" in known:
        rule = known["targeting"]
        if not isinstance(rule, dict):
            found.append(f"{key}: targeting is no object")
        elif rule:
            found += [f"{key}: {why}" for why in _rule(cast("dict[str, object]", rule))]
    return found


def _argument(value: object) -> list[str]:
    if isinstance(value, dict):
        return _rule(cast("dict[str, object]", value))
    return [] if isinstance(value, str | bool | int | float | None) else [f"argument {value!r}"]


def _rule(rule: dict[str, object]) -> list[str]:
    if len(rule) != 1:
        return [f"a rule has one operation, not {sorted(rule)}"]
    ((operation, given),) = rule.items()
    if operation == "var":
        good = isinstance(given, str) and given and not given.startswith("$flagd.")
        return [] if good else [f"var {given!r}"]
    if not isinstance(given, list):
        return [f"{operation} takes a list"]
    arguments = cast("list[object]", given)
    if operation == "fractional":
        return [why for one in arguments for why in _weight(one)] + (
            [] if len(arguments) >= 2 else ["fractional of fewer than two"]
        )
    if operation == "if":
        wrong = len(arguments) != 3
    elif operation in _TWO:
        wrong = len(arguments) != 2
    else:
        wrong = operation not in _SOME or not arguments
    if wrong:
        return [f"{operation} with {len(arguments)} arguments"]
    return [why for one in arguments for why in _argument(one)]


def _weight(pair: object) -> list[str]:
    match pair:
        case [str(), int() as weight] if weight >= 0:
            return []
        case _:
            return [f"weight {pair!r}"]

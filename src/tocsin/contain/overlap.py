"""Whether somebody may be in two slices at once, by the rule with which the serving side matches.

A condition holds for its own text; one with the form of a band (`<25`, `25–40`, `≥60`) also for
numbers inside it, the lower border included.  Slices of different attributes always overlap: north
and young does for whoever is both.  `tocsin_client.directives` matches by the same rule, and the
same examples (`tests/fixtures/contain/overlaps.json`) are held against both.
"""

import math

from tocsin.base.slices import Slice


def overlap(one: Slice, other: Slice) -> bool:
    """Return whether somebody may be in both slices.

    >>> def of(**conditions: str) -> Slice:
    ...     return Slice.of(conditions)
    >>> overlap(of(region="north"), of(age="<25")), overlap(of(region="north"), of(region="south"))
    (True, False)
    >>> overlap(of(age="25–40"), of(age="≥30")), overlap(of(age="25–40"), of(age="40"))
    (True, False)
    """
    theirs = other.as_dict()
    return all(_meet(value, theirs[name]) for name, value in one.conditions if name in theirs)


def inside(one: Slice, other: Slice) -> bool:
    """Return whether everybody in `one` is in `other` as well.

    >>> def of(**conditions: str) -> Slice:
    ...     return Slice.of(conditions)
    >>> inside(of(age="25–40", sex="f"), of(age="≥25")), inside(of(age="≥25"), of(age="25–40"))
    (True, False)
    """
    mine = one.as_dict()
    return all(name in mine and _all_in(mine[name], value) for name, value in other.conditions)


def both(one: Slice, other: Slice) -> Slice:
    """Return the slice of who is in both; where an attribute stands in both, as `one` has it."""
    return Slice.of({**other.as_dict(), **one.as_dict()})


def _meet(value: str, other: str) -> bool:
    if value == other:
        return True
    mine, theirs = _band(value), _band(other)
    if mine and theirs:
        return max(mine[0], theirs[0]) < min(mine[1], theirs[1])
    if mine:
        return _inside(other, mine)
    return theirs is not None and _inside(value, theirs)


def _all_in(value: str, other: str) -> bool:
    around = _band(other)
    if value == other or around is None:
        return value == other
    band = _band(value)
    if band:
        return around[0] <= band[0] and band[1] <= around[1]
    return _inside(value, around)


def _band(value: str) -> tuple[float, float] | None:
    """Return the borders of a band; None where the value is no band."""
    low, high = math.nan, math.nan
    if value.startswith("<"):
        low, high = -math.inf, _number(value[1:])
    elif value.startswith("≥"):
        low, high = _number(value[1:]), math.inf
    elif "–" in value:
        left, _, right = value.partition("–")
        low, high = _number(left), _number(right)
    return None if math.isnan(low) or math.isnan(high) else (low, high)


def _inside(value: str, band: tuple[float, float]) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    return band[0] <= number and (number < band[1] or band[1] == math.inf)


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return math.nan

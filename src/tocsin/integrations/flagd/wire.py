"""Directives as a flag's `defaultVariant` and `targeting`.  Pure.

The first condition that holds decides; flagd's `if` takes exactly three arguments, so conditions
are nested.  What no condition says falls to what was there before: the flag's own targeting, and
null, which means its default variant.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import cast

from tocsin.base.slices import Slice
from tocsin.contain.directive import Action, Directive, ranked
from tocsin.contain.plan import Step

Fields = dict[str, object]
_BAND = re.compile(r"<(?P<below>-?[\d.]+)|≥(?P<from>-?[\d.]+)|(?P<low>-?[\d.]+)–(?P<high>-?[\d.]+)")
_WHOLE = 10_000
"""A share of 1 in a `fractional`: weights are whole numbers."""
MOVED = ("defaultVariant", "targeting")
"""The fields of a flag that are ours to change."""


class CannotSay(ValueError):  # noqa: N818 - named for what is wrong
    """The flag cannot say what is asked; the message tells why, for people."""


def variant(one: Step | Directive, variants: Mapping[Action, str]) -> str:
    """Return the variant that carries out `one`."""
    return variants[one.action].replace("{version}", one.to_version or "")


def aimed(
    base: Mapping[str, object],
    directives: Sequence[Directive],
    variants: Mapping[Action, str],
    known: Sequence[str],
) -> Fields:
    """Return the fields `MOVED` of the flag that carries out `directives`.

    Args:
        base: the same fields as they were before; one that was not there is not in it.
        directives: at least one.
        variants: the variant of each action.
        known: the variants that the flag has.

    Raises:
        CannotSay: the flag lacks a variant, or the rest of a canary depends on conditions.
    """
    order = ranked(directives)
    for one in order:
        if variant(one, variants) not in known:
            raise CannotSay(f"the flag has no variant {variant(one, variants)}")
    whole = next((k for k, one in enumerate(order) if _for_all(one)), len(order))
    fields, rest = dict(base), base.get("targeting") or None
    if whole < len(order):
        fields["defaultVariant"], rest = variant(order[whole], variants), None
    # from the least specific on, so that the most specific is asked first
    for k in range(whole - 1, -1, -1):
        then: object = variant(order[k], variants)
        if _part(order[k]):
            stay = _outside(order[k], order[k + 1 : whole + 1], fields, variants, rest)
            weight = round((order[k].share or 0) * _WHOLE)
            then = {"fractional": [[then, weight], [stay, _WHOLE - weight]]}
        slice_ = order[k].slice
        rest = {"if": [_condition(slice_), then, rest]} if slice_.conditions else then
    if rest is not None:
        fields["targeting"] = rest
    elif "targeting" in fields:
        fields["targeting"] = {}
    return fields


def _part(one: Directive) -> bool:
    """Return whether some of its slice obey what comes next."""
    return one.action is Action.CANARY and (one.share or 0) < 1


def _for_all(one: Directive) -> bool:
    """Return whether nobody is left for whatever comes after it."""
    return not one.slice.conditions and not _part(one)


def _outside(
    canary: Directive,
    after: Sequence[Directive],
    fields: Mapping[str, object],
    variants: Mapping[Action, str],
    rest: object,
) -> str:
    """Return the variant of those in the canary's slice who are outside its share.

    Raises:
        CannotSay: it differs from person to person: a `fractional` names variants, no conditions.
    """
    for one in after:
        if canary.slice.within(one.slice) and not _part(one):
            return variant(one, variants)
        if canary.slice.compatible(one.slice):
            raise CannotSay("who is outside the canary obeys different things")
    default = fields.get("defaultVariant")
    if not isinstance(default, str) or (rest is not None and not after):
        raise CannotSay("what becomes of who is outside the canary is not one variant of the flag")
    return default


def _condition(slice_: Slice) -> Fields:
    held = [_holds(attribute, value) for attribute, value in slice_.conditions]
    return held[0] if len(held) == 1 else {"and": held}


def _holds(attribute: str, value: str) -> Fields:
    """Return the condition of one attribute; a band also holds for the numbers inside it."""
    var = {"var": attribute}
    equal: Fields = {"==": [var, value]}
    band = _BAND.fullmatch(value)
    if not band:
        return equal
    low, high = band["from"] or band["low"], band["below"] or band["high"]
    inside: list[Fields] = [{"!=": [var, None]}]
    if low:
        inside.append({">=": [var, float(low)]})
    if high:
        inside.append({"<": [var, float(high)]})
    return {"or": [equal, {"and": inside}]}


def parsed(text: str) -> Fields:
    """Return a flag file as its object.

    Raises:
        CannotSay: it is no such file.
    """
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        raise CannotSay("the file is not JSON") from None
    if not isinstance(value, dict) or not isinstance(cast("Fields", value).get("flags"), dict):
        raise CannotSay("the file has no object `flags`")
    return cast("Fields", value)


def flag_of(file: Mapping[str, object], key: str) -> Fields:
    """Return one flag of a file, which can be changed in place.

    Raises:
        CannotSay: there is none, or it is switched off.
    """
    flag = cast("Fields", file["flags"]).get(key)
    if not isinstance(flag, dict):
        raise CannotSay(f"the file has no flag {key}")
    found = cast("Fields", flag)
    if found.get("state") != "ENABLED":
        raise CannotSay(f"flag {key} is not ENABLED: nobody would obey it")
    if not isinstance(found.get("variants"), dict):
        raise CannotSay(f"flag {key} has no variants")
    return found


def printed(file: Mapping[str, object], like: str) -> str:
    """Return a flag file as text, indented as the text that it replaces."""
    indent = re.search(r"\n([ \t]+)\S", like)
    text = json.dumps(file, ensure_ascii=False, indent=indent[1] if indent else None)
    return text + "\n" if like.endswith("\n") else text

"""Great Expectations: the row-level expectations of a suite, as rules that a profile counts.

Read are suites saved as JSON, by 0.18 (`expectation_type`) and by 1.x (`type`).  What is asked of
a whole table or column (row counts, means, distinct values), and what needs rows side by side
(uniqueness), is no rule of one row: it is left out, by name and with the reason.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from tocsin.base.errors import BadInput
from tocsin.base.phrases import number
from tocsin.ingest.rule import Apart, Demand, Rule, Sort
from tocsin.ingest.system import plain

_Kwargs: TypeAlias = Mapping[str, object]
_SHOWN = 4
"""Values of a set that its rule's name says."""
_ALONE = "is about rows side by side, and a row is counted alone"
_WHOLE = "is about the whole table or column, not about each row"
_UNREAD = "is of a sort that is not read"
_SORTS: tuple[tuple[tuple[str, ...], Sort], ...] = (
    (("int", "uint", "long", "bigint", "smallint", "tinyint"), Sort.WHOLE),
    (("float", "double", "decimal", "numeric", "real"), Sort.NUMBER),
    (("bool",), Sort.TRUTH),
    (("timestamp", "datetime"), Sort.INSTANT),
)
"""What names of types in pandas, SQL and Spark begin with, in lower case."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One expectation that no rule was made of, and why: `why` is a sentence about `name`."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Suite:
    """The rules of one suite, in its order, and what of it is left out."""

    rules: tuple[Rule, ...]
    left_out: tuple[LeftOut, ...]


def suite(parsed: object, *, where: str = "") -> Suite:
    """Return the rules of an expectation suite.

    Args:
        parsed: the parsed JSON.
        where: the file's name, for errors.

    Raises:
        BadInput: it is no expectation suite.
    """
    listed = _mapping(parsed).get("expectations")
    if not isinstance(listed, list):
        raise BadInput(
            "is no expectation suite",
            where=where,
            do="give the suite's JSON, with its list `expectations`",
        )
    rules: list[Rule] = []
    left_out: list[LeftOut] = []
    for one in map(_mapping, cast("list[object]", listed)):
        name = str(one.get("expectation_type") or one.get("type") or "an expectation without type")
        kwargs = _mapping(one.get("kwargs"))
        try:
            rules.append(_rule(name, kwargs))
        except _Unread as error:
            column = kwargs.get("column") or kwargs.get("column_A")
            left_out.append(LeftOut(f"{name}({column})" if column else name, str(error)))
    return Suite(tuple(_told_apart(rules)), tuple(left_out))


class _Unread(Exception):  # noqa: N818 - it is caught here and becomes a sentence
    """Why an expectation cannot be a rule."""


def _rule(name: str, kwargs: _Kwargs) -> Rule:
    read = _READ.get(name)
    if read is None:
        raise _Unread(_why_unread(name))
    if kwargs.get("row_condition"):
        raise _Unread("holds for some rows only (`row_condition`), which is not read")
    rule, mostly = read(kwargs), kwargs.get("mostly")
    share = 1.0 if mostly is None else _number(kwargs, "mostly")
    if not 0 <= share <= 1:
        raise _Unread("has a `mostly` that is no share")
    return replace(rule, mostly=share)


def _why_unread(name: str) -> str:
    if "unique" in name or "increasing" in name or "decreasing" in name:
        return _ALONE
    whole = ("expect_table", "expect_column_to_exist", "expect_column_distinct")
    row_level = "_values_" in name or "_value_" in name or name.startswith("expect_compound")
    return _WHOLE if name.startswith(whole) or not row_level else _UNREAD


def _told_apart(rules: Sequence[Rule]) -> Iterator[Rule]:
    """Yield the rules, each once; of one column's that have one name, later ones are numbered."""
    seen: dict[tuple[str, str], int] = {}
    for rule in dict.fromkeys(rules):
        times = seen[rule.column, rule.name] = seen.get((rule.column, rule.name), 0) + 1
        yield rule if times == 1 else replace(rule, name=f"{rule.name} ({times})")


def _present(kwargs: _Kwargs) -> Rule:
    return Rule(column=_text(kwargs, "column"), demand=Demand.PRESENT, name="not null")


def _absent(kwargs: _Kwargs) -> Rule:
    return Rule(column=_text(kwargs, "column"), demand=Demand.ABSENT, name="null")


def _between(kwargs: _Kwargs) -> Rule:
    return _bounded(kwargs, Demand.BETWEEN, "")


def _length(kwargs: _Kwargs) -> Rule:
    return _bounded(kwargs, Demand.LENGTH, "length ")


def _bounded(kwargs: _Kwargs, demand: Demand, of: str) -> Rule:
    low, high = (
        None if kwargs.get(key) is None else _number(kwargs, key)
        for key in ("min_value", "max_value")
    )
    more, less = bool(kwargs.get("strict_min")), bool(kwargs.get("strict_max"))
    parts = [f"{'>' if more else '≥'} {number(low)}"] if low is not None else []
    parts += [f"{'<' if less else '≤'} {number(high)}"] if high is not None else []
    if not parts:
        raise _Unread("has neither `min_value` nor `max_value`")
    name = " and ".join(parts)
    if low is not None and high is not None and not (more or less):
        name = f"between {number(low)} and {number(high)}"
    return Rule(
        column=_text(kwargs, "column"),
        demand=demand,
        name=f"{of}{name}",
        low=low,
        high=high,
        above_low=more,
        below_high=less,
    )


def _in_set(kwargs: _Kwargs) -> Rule:
    return _of_set(kwargs, Demand.IN_SET, "in")


def _not_in_set(kwargs: _Kwargs) -> Rule:
    return _of_set(kwargs, Demand.NOT_IN_SET, "not in")


def _of_set(kwargs: _Kwargs, demand: Demand, said: str) -> Rule:
    given = kwargs.get("value_set")
    if not isinstance(given, list) or not given:
        raise _Unread("has no `value_set`")
    texts = [plain(value) for value in cast("list[object]", given)]
    values = tuple(dict.fromkeys(text for text in texts if text is not None))
    shown = ", ".join(values[:_SHOWN])
    more = f", … {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    name = f"{said} {{{shown}{more}}}"
    return Rule(column=_text(kwargs, "column"), demand=demand, name=name, values=values)


def _matches(kwargs: _Kwargs) -> Rule:
    return _of_pattern(kwargs, Demand.MATCHES, "matches")


def _matches_not(kwargs: _Kwargs) -> Rule:
    return _of_pattern(kwargs, Demand.MATCHES_NOT, "does not match")


def _of_pattern(kwargs: _Kwargs, demand: Demand, said: str) -> Rule:
    pattern = _text(kwargs, "regex")
    try:
        re.compile(pattern)
    except re.error as error:
        raise _Unread(f"has a `regex` that Python cannot read ({error})") from None
    name = f"{said} {pattern}"
    return Rule(column=_text(kwargs, "column"), demand=demand, name=name, pattern=pattern)


def _of_type(kwargs: _Kwargs) -> Rule:
    asked = _text(kwargs, "type_").lower()
    for beginnings, sort in _SORTS:
        if asked.startswith(beginnings):
            name = f"of type {sort.value}"
            return Rule(column=_text(kwargs, "column"), demand=Demand.SORT, name=name, sort=sort)
    raise _Unread(f"asks for the type {asked!r}; told apart are numbers, yes or no, and instants")


def _above(kwargs: _Kwargs) -> Rule:
    other = _text(kwargs, "column_B")
    strictly = not kwargs.get("or_equal")
    apart = kwargs.get("ignore_row_if") or Apart.BOTH
    if apart not in list(Apart):
        raise _Unread("has an `ignore_row_if` that is not read")
    return Rule(
        column=_text(kwargs, "column_A"),
        demand=Demand.ABOVE,
        name=f"{'>' if strictly else '≥'} {other}",
        above_low=strictly,
        other=other,
        apart=Apart(str(apart)),
    )


_READ: Mapping[str, Callable[[_Kwargs], Rule]] = {
    "expect_column_values_to_not_be_null": _present,
    "expect_column_values_to_be_null": _absent,
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": _not_in_set,
    "expect_column_values_to_match_regex": _matches,
    "expect_column_values_to_not_match_regex": _matches_not,
    "expect_column_value_lengths_to_be_between": _length,
    "expect_column_values_to_be_of_type": _of_type,
    "expect_column_pair_values_a_to_be_greater_than_b": _above,
    "expect_column_pair_values_A_to_be_greater_than_B": _above,
}
"""What is read; the last name is how 0.18 and before wrote the one above."""


def _text(kwargs: _Kwargs, key: str) -> str:
    value = kwargs.get(key)
    if not isinstance(value, str) or not value:
        raise _Unread(f"has no `{key}` that is a text")
    return value


def _number(kwargs: _Kwargs, key: str) -> float:
    value = kwargs.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Unread(f"has a `{key}` that is no number")
    return float(value)


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}

"""A rule: what every row of a system shall keep, as its owner's own checks say it.

A rule is asked of one row at a time, so that rows that break it can be counted anywhere and added.
"""

from dataclasses import dataclass
from enum import StrEnum


class Demand(StrEnum):
    """What a rule asks of one column's value, or of two columns' in one row."""

    PRESENT = "present"
    ABSENT = "absent"
    BETWEEN = "between"
    IN_SET = "in_set"
    NOT_IN_SET = "not_in_set"
    MATCHES = "matches"
    MATCHES_NOT = "matches_not"
    LENGTH = "length"
    SORT = "sort"
    ABOVE = "above"
    """Greater than the value of `Rule.other`."""


class Sort(StrEnum):
    """What sort of value `Demand.SORT` asks for."""

    WHOLE = "whole number"
    NUMBER = "number"
    TRUTH = "yes or no"
    INSTANT = "instant"


class Apart(StrEnum):
    """Rows that a rule about two columns is not asked of."""

    BOTH = "both_values_are_missing"
    EITHER = "either_value_is_missing"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule about `column`.

    `name` says what is demanded and tells the rules of one column apart.  `low` and `high` bound a
    number or a length, without themselves where `above_low` or `below_high`; `above_low` also
    tells whether `ABOVE` means more or at least as much.  `values` are texts as `system.plain`
    has them.  `mostly` is the share of rows, 0-1, that must keep the rule.
    """

    column: str
    demand: Demand
    name: str
    low: float | None = None
    high: float | None = None
    above_low: bool = False
    below_high: bool = False
    values: tuple[str, ...] = ()
    pattern: str = ""
    sort: Sort = Sort.NUMBER
    other: str = ""
    apart: Apart = Apart.BOTH
    mostly: float = 1.0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is about."""
        return (self.column, self.other) if self.other else (self.column,)

    @property
    def measure(self) -> str:
        """What the share of rows that break it is called.

        >>> Rule(column="age", demand=Demand.BETWEEN, name="between 18 and 99").measure
        'breaks between 18 and 99'
        """
        return f"{BREAKS}{self.name}"

    @property
    def place(self) -> str:
        """Where its rows are counted, see `profile.layout`."""
        return f"r_{self.column} {self.name}"


BREAKS = "breaks "
"""What the names of all rules' measures begin with."""

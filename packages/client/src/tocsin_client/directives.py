"""Directives as the serving side reads them: which one, if any, a decision must obey.

Of the directives in force whose slice holds the person, the most specific (most conditions) wins.
Among equals the more careful action wins (a person, then the rules, then an earlier version), then
the newest: ids of later directives sort later.

Everything here is immutable and free of I/O.  A new board replaces the old one by one assignment,
so a decision never waits for a lock.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import cast

from tocsin_client.rows import text


class Action(StrEnum):
    """What is done instead of letting the system decide."""

    REVIEW = "review"
    FALLBACK = "fallback"
    ROLLBACK = "rollback"


_CARE = {Action.REVIEW: 0, Action.FALLBACK: 1, Action.ROLLBACK: 2}


@dataclass(frozen=True, slots=True)
class Condition:
    """One `attribute=value` of a slice.

    The server cuts numeric attributes into bands and names them `<25`, `25–40`, `≥60`; a service
    holds the bare number.  So a value with the form of a band also holds for numbers inside it,
    its lower border included.
    """

    attribute: str
    value: str
    low: float = math.nan
    high: float = math.nan

    is_text: bool = False
    """Whether equal text is all there is to it: neither a band nor empty."""

    def holds(self, attributes: Mapping[str, object]) -> bool:
        """Return whether someone with these attributes meets the condition; unknown never does."""
        raw = attributes.get(self.attribute)
        if raw is None:
            return False
        known = text(raw)
        if known == self.value:
            return bool(known)
        if math.isnan(self.low):
            return False
        try:
            number = float(known)
        except ValueError:
            return False
        return self.low <= number and (number < self.high or self.high == math.inf)


def condition(attribute: str, value: str) -> Condition:
    """Return the condition `attribute=value`, its band read from the value where it is one.

    >>> condition("age", "25–40").holds({"age": 25}), condition("age", "25–40").holds({"age": 40})
    (True, False)
    >>> condition("age", "≥60").holds({"age": "61"}), condition("sex", "f").holds({"sex": "f"})
    (True, True)
    """
    low, high = math.nan, math.nan
    if value.startswith("<"):
        low, high = -math.inf, _border(value[1:])
    elif value.startswith("≥"):
        low, high = _border(value[1:]), math.inf
    elif "–" in value:
        left, _, right = value.partition("–")
        low, high = _border(left), _border(right)
    if math.isnan(low) or math.isnan(high):
        return Condition(attribute, value, is_text=bool(value))
    return Condition(attribute, value, low, high)


def _border(number: str) -> float:
    try:
        return float(number.replace(",", ""))
    except ValueError:
        return math.nan


@dataclass(frozen=True, slots=True)
class Directive:
    """One action on one slice until it expires."""

    id: str
    action: Action
    conditions: tuple[Condition, ...]
    to_version: str | None
    expires_at: datetime

    @property
    def why(self) -> str:
        """The directive as one clause for people."""
        whom = " and ".join(f"{c.attribute}={c.value}" for c in self.conditions) or "everyone"
        return f"directive {self.id} ({self.action}) for {whom} until {self.expires_at.isoformat()}"


@dataclass(frozen=True, slots=True)
class Board:
    """The directives of one system as last told, the first to obey first."""

    version: int = -1
    directives: tuple[Directive, ...] = ()
    unreadable: int = 0
    """Directives that this client could not read and therefore cannot obey."""

    def choose(self, attributes: Mapping[str, object], now: datetime) -> Directive | None:
        """Return the directive that a decision on `attributes` must obey at `now`."""
        for directive in self.directives:
            for wanted in directive.conditions:
                raw = attributes.get(wanted.attribute)
                if type(raw) is str and wanted.is_text:  # the usual case, without a call
                    if raw == wanted.value:
                        continue
                    break
                if not wanted.holds(attributes):
                    break
            else:
                if now < directive.expires_at:
                    return directive
        return None


def read_board(answer: object) -> Board:
    """Return the board in a server's answer.

    A directive that cannot be read is left out and counted; an action unknown to this client is
    obeyed as a fallback, because the server wants that the system does not decide.

    Args:
        answer: {"version": int, "directives": [{"id", "action", "slice": {attribute: value},
            "to_version", "expires_at"}]}.

    Raises:
        ValueError: the answer as a whole does not have this shape.
    """
    body = _object(answer)
    version, listed = body.get("version"), body.get("directives")
    if not isinstance(version, int) or not isinstance(listed, list):
        raise ValueError("no version or no list of directives")  # noqa: TRY004 - as below
    directives: list[Directive] = []
    for item in cast("list[object]", listed):
        try:
            directives.append(_directive(_object(item)))
        except ValueError:
            continue
    directives.sort(key=lambda d: d.id, reverse=True)
    directives.sort(
        key=lambda d: (-len(d.conditions), _CARE[d.action])
    )  # stable: newest stay first
    return Board(
        version, tuple(directives), len(cast("Sequence[object]", listed)) - len(directives)
    )


def _directive(item: Mapping[str, object]) -> Directive:
    expires_at = datetime.fromisoformat(str(item.get("expires_at")))
    if expires_at.tzinfo is None:
        raise ValueError("expires_at has no time zone")
    id_, action, to_version = item.get("id"), str(item.get("action")), item.get("to_version")
    if not isinstance(id_, str):
        raise ValueError("a directive has no id")  # noqa: TRY004 - as below
    return Directive(
        id=id_,
        action=Action(action) if action in set(Action) else Action.FALLBACK,
        conditions=tuple(
            condition(attribute, text(value))
            for attribute, value in sorted(_object(item.get("slice", {})).items())
        ),
        to_version=to_version if isinstance(to_version, str) else None,
        expires_at=expires_at.astimezone(UTC),
    )


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")  # noqa: TRY004 - one error for every bad shape
    return cast("dict[str, object]", value)

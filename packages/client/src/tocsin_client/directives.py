"""Directives as the serving side reads them: which one, if any, a decision must obey.

Of the directives in force whose slice holds the person, the most specific (most conditions) wins.
Among equals the more careful action wins (nobody, a person, the rules, another version), then the
newest: ids of later directives sort later.  A kill switch is for everyone and comes before all.

A canary holds for its share of the people in its slice, the same ones each time: who falls outside
obeys the next directive.  Shadow copies and thresholds decide nothing, so they stand beside:
`Board.shadow` and `Board.threshold` find theirs by the same order.

A directive of a version (`of_version`) concerns only decisions that this version would make.  So
once it is known who would decide, the directives of that version are asked by the same order, and
the first of them that holds is obeyed instead: `Board.narrowed`.  Where another version, the rules
or a person decide, or nobody, it changes nothing.

Everything here is immutable and free of I/O.  A new board replaces the old one by one assignment,
so a decision never waits for a lock.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias, cast

from tocsin_client.conditions import Condition, condition
from tocsin_client.rows import text

Key: TypeAlias = str | Callable[[], str]
"""What is the same whenever the same person comes; a callable is asked only where it matters."""


class Action(StrEnum):
    """What is done instead of letting the system decide, or beside its decision."""

    KILL = "kill"
    BLOCK = "block"
    REVIEW = "review"
    FALLBACK = "fallback"
    ROLLBACK = "rollback"
    CANARY = "canary"
    SHADOW = "shadow"
    THRESHOLD = "threshold"


REFUSED = frozenset({Action.KILL, Action.BLOCK})
"""Under these nobody decides, the fallback neither."""
_BESIDE = frozenset({Action.SHADOW, Action.THRESHOLD})
_TO_VERSION = frozenset({Action.ROLLBACK, Action.CANARY})
_OF_NO_VERSION = frozenset({Action.KILL, Action.CANARY})
_CARE = {action: place for place, action in enumerate(Action)}


@dataclass(frozen=True, slots=True)
class Directive:
    """One action on one slice until it expires."""

    id: str
    action: Action
    conditions: tuple[Condition, ...]
    to_version: str | None
    expires_at: datetime
    share: float = 1.0
    """Share of the slice that it holds for, 0-1; below 1 only for canaries and shadow copies."""
    threshold: float | None = None
    """Score from which the answer is yes; only of a threshold."""
    of_version: str | None = None
    """Only for decisions that this version would otherwise make; None: whoever would."""

    def holds(self, attributes: Mapping[str, object]) -> bool:
        """Return whether someone with these attributes is in the slice."""
        return all(wanted.holds(attributes) for wanted in self.conditions)

    def takes(self, key: Key) -> bool:
        """Return whether the one called `key` is in the share; raising it keeps who was in."""
        if self.share >= 1:
            return True
        return place_of(key() if callable(key) else key, self.to_version or "") < self.share

    @property
    def why(self) -> str:
        """The directive as one clause for people."""
        whom = " and ".join(f"{c.attribute}={c.value}" for c in self.conditions) or "everyone"
        if self.of_version is not None:
            whom = f"{whom} where version {self.of_version} would decide"
        return f"directive {self.id} ({self.action}) for {whom} until {self.expires_at.isoformat()}"


CONTROL_LOST = Directive("", Action.FALLBACK, (), None, datetime.max.replace(tzinfo=UTC))
"""Obeyed by everyone while the control plane is lost and the client fails closed."""


def place_of(key: str, salt: str) -> float:
    """Return where `key` stands in 0-1, evenly spread and always the same under one salt.

    >>> place_of("aspen", "v2") == place_of("aspen", "v2") != place_of("aspen", "v3")
    True
    """
    digest = hashlib.blake2b(f"{salt}\0{key}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


Placed: TypeAlias = tuple[int, Directive]
"""A directive and its place among those to obey: the lowest comes first."""


class _Index:
    """Directives by one condition of each, so that a decision looks only at those it may meet.

    Most decisions are in no slice at all, and there may be hundreds of directives: what is met by
    equal text is found by that text, and only bands and directives for everyone are always tried.
    """

    __slots__ = ("_always", "_by_text")

    def __init__(self, directives: Sequence[Directive]) -> None:
        told = Counter(c for one in directives for c in one.conditions if c.is_text)
        always: list[Placed] = []
        by_text: dict[str, dict[str, list[Placed]]] = {}
        for placed in enumerate(directives):
            wanted = [c for c in placed[1].conditions if c.is_text]
            if not wanted:
                always.append(placed)
                continue
            rarest = min(wanted, key=lambda c: told[c])
            by_text.setdefault(rarest.attribute, {}).setdefault(rarest.value, []).append(placed)
        self._always, self._by_text = always, tuple(by_text.items())

    def near(self, attributes: Mapping[str, object]) -> Sequence[Placed]:
        """Return the directives that these attributes may meet, the first to obey first."""
        found, owned = self._always, False
        for attribute, by_value in self._by_text:
            raw = attributes.get(attribute)
            if raw is None:
                continue
            more = by_value.get(raw if type(raw) is str else text(raw))
            if not more:
                continue
            if not found:
                found = more
                continue
            if not owned:
                found, owned = list(found), True
            found += more
        if owned:
            found.sort(key=_place)
        return found


def _place(placed: Placed) -> int:
    return placed[0]


@dataclass(frozen=True, slots=True)
class Board:
    """The directives of one system as last told, the first to obey first."""

    version: int = -1
    directives: tuple[Directive, ...] = ()
    """Those that decide, of no version."""
    unreadable: int = 0
    """Directives that this client could not read and therefore cannot obey."""
    beside: tuple[Directive, ...] = ()
    """Those that decide nothing, in the same order."""
    of_versions: "Mapping[str, Board]" = field(default_factory=dict[str, "Board"])
    """Those that decide instead of one version, by that version."""
    _index: _Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the directives once, not at every decision."""
        object.__setattr__(self, "_index", _Index(self.directives))

    def choose(
        self, attributes: Mapping[str, object], now: datetime, key: Key = ""
    ) -> Directive | None:
        """Return the directive of no version that a decision on `attributes` must obey at `now`.

        Args:
            attributes: of the person.
            now: the time.
            key: what is the same whenever the same person comes, for canary shares.
        """
        if not self.directives:
            return None
        for _, directive in self._index.near(attributes):
            for wanted in directive.conditions:
                raw = attributes.get(wanted.attribute)
                if type(raw) is str and wanted.is_text:  # the usual case, without a call
                    if raw == wanted.value:
                        continue
                    break
                if not wanted.holds(attributes):
                    break
            else:
                if now < directive.expires_at and (directive.share >= 1 or directive.takes(key)):
                    return directive
        return None

    def narrowed(
        self,
        found: Directive | None,
        attributes: Mapping[str, object],
        now: datetime,
        own: str,
        versions: Container[str] | None,
    ) -> Directive | None:
        """Return what is obeyed instead of `found` for the sake of the version that would decide.

        It is asked again of the version to which such a directive rolls back, of each version once:
        two that send to one another leave the decision to the one that the last names.

        Args:
            found: what `choose` returned.
            attributes: of the person.
            now: the time.
            own: the version that decides where nothing else is said.
            versions: what can be asked beside it; None: every version.
        """
        asked: set[str] = set()
        while True:
            version = _decider(found, own, versions)
            if version is None or version in asked or version not in self.of_versions:
                return found
            asked.add(version)
            narrower = self.of_versions[version].choose(attributes, now)
            if narrower is None:
                return found
            found = narrower

    def shadow(
        self, attributes: Mapping[str, object], now: datetime, key: Key = "", version: str = ""
    ) -> Directive | None:
        """Return the directive by which this decision is also put to another version, if any.

        Args:
            attributes: of the person.
            now: the time.
            key: what is the same whenever the same person comes, for shares.
            version: which decides in the end; "": none.
        """
        return self._beside(Action.SHADOW, attributes, now, key, version)

    def threshold(
        self, attributes: Mapping[str, object], now: datetime, version: str = ""
    ) -> Directive | None:
        """Return the directive that moves the threshold for these attributes, if any."""
        return self._beside(Action.THRESHOLD, attributes, now, "", version)

    def _beside(
        self,
        action: Action,
        attributes: Mapping[str, object],
        now: datetime,
        key: Key,
        version: str,
    ) -> Directive | None:
        for one in self.beside:
            mine = one.of_version is None or one.of_version == version
            if mine and one.action is action and now < one.expires_at and one.holds(attributes):
                return one if one.takes(key) else None
        return None


def _decider(found: Directive | None, own: str, versions: Container[str] | None) -> str | None:
    """Return the version that decides under `found`; None: none does."""
    if found is None:
        return own
    if found.action not in _TO_VERSION:
        return None
    wanted = found.to_version
    if wanted is not None and (wanted == own or versions is None or wanted in versions):
        return wanted
    return own if found.action is Action.CANARY else None


def read_board(answer: object) -> Board:
    """Return the board in a server's answer.

    A directive that cannot be read is left out and counted; an action unknown to this client is
    obeyed as a fallback, because the server wants that the system does not decide.

    Args:
        answer: {"version": int, "directives": [{"id", "action", "slice": {attribute: value},
            "to_version", "share", "threshold", "expires_at"}], "of_versions": [the same with
            "of_version"]}.  The second list is apart because a client that does not know it would
            obey it for every version; it may be missing.

    Raises:
        ValueError: the answer as a whole does not have this shape.
    """
    body = _object(answer)
    version, listed, more = (
        body.get("version"),
        body.get("directives"),
        body.get("of_versions", []),
    )
    if not isinstance(version, int) or not isinstance(listed, list) or not isinstance(more, list):
        raise ValueError("no version or no list of directives")  # noqa: TRY004 - as below
    items = [*cast("list[object]", listed), *cast("list[object]", more)]
    read: list[Directive] = []
    for place, item in enumerate(items):
        try:
            read.append(
                _directive(_object(item), scoped=place >= len(cast("list[object]", listed)))
            )
        except ValueError:
            continue
    read.sort(key=lambda d: d.id, reverse=True)
    read.sort(key=_rank)  # stable: newest stay first
    deciding = [d for d in read if d.action not in _BESIDE]
    return Board(
        version,
        tuple(d for d in deciding if d.of_version is None),
        len(items) - len(read),
        tuple(d for d in read if d.action in _BESIDE),
        {
            name: Board(directives=tuple(d for d in deciding if d.of_version == name))
            for name in {d.of_version for d in deciding}
            if name is not None
        },
    )


def _rank(one: Directive) -> tuple[bool, int, bool, int]:
    return (
        one.action is not Action.KILL,
        -len(one.conditions),
        one.of_version is None,
        _CARE[one.action],
    )


def _directive(item: Mapping[str, object], *, scoped: bool) -> Directive:
    expires_at = datetime.fromisoformat(str(item.get("expires_at")))
    if expires_at.tzinfo is None:
        raise ValueError("expires_at has no time zone")
    id_, action, to_version = item.get("id"), str(item.get("action")), item.get("to_version")
    if not isinstance(id_, str):
        raise ValueError("a directive has no id")  # noqa: TRY004 - as below
    known = Action(action) if action in set(Action) else Action.FALLBACK
    of_version = item.get("of_version")
    if of_version is None and not scoped:
        narrow = None
    elif isinstance(of_version, str) and known not in _OF_NO_VERSION:
        narrow = of_version
    else:
        raise ValueError("of no version, or of one where that means nothing")
    nobody: Mapping[str, object] = {}
    whom = nobody if known is Action.KILL else _object(item.get("slice", {}))
    threshold = _number(item.get("threshold"))
    if known is Action.THRESHOLD and threshold is None:
        raise ValueError("a threshold without its number")
    share = _number(item.get("share")) if known in (Action.CANARY, Action.SHADOW) else None
    return Directive(
        id=id_,
        action=known,
        conditions=tuple(
            condition(attribute, text(value)) for attribute, value in sorted(whom.items())
        ),
        to_version=to_version if isinstance(to_version, str) else None,
        expires_at=expires_at.astimezone(UTC),
        share=1.0 if share is None else share,
        threshold=threshold,
        of_version=narrow,
    )


def _number(value: object) -> float | None:
    """Return a number in 0-1, None where there is none.

    Raises:
        ValueError: it is another number, or none at all.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError("expected a number in 0-1")
    return float(value)


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")  # noqa: TRY004 - one error for every bad shape
    return cast("dict[str, object]", value)

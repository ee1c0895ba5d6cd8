"""Silences: what keeps alerts quiet now, what will, what did; and which alerts called nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.alert.inhibit import Inhibition
from tocsin.alert.matching import Matcher, match, words
from tocsin.alert.quiet import Reason, Suppressed, told
from tocsin.alert.silence import Kind, Silence
from tocsin.alert.state import AlertState, StoredAlert
from tocsin.base.phrases import count
from tocsin.base.slices import Slice
from tocsin.web.views.marks import Mark


@dataclass(frozen=True, slots=True)
class Line:
    """One silence, and how many alerts it keeps quiet now."""

    silence: Silence
    matchers: tuple[str, ...]
    quiet: int


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule of inhibition in words, and how many alerts it keeps quiet now."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Matched:
    """An alert that matchers take: what it says, since when, and whether it called people."""

    system: str
    what: str
    started_at: datetime
    mark: Mark
    says: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that kept alerts quiet, and the newest of them: `more` others stand behind it."""

    row: Suppressed
    more: int
    slice: Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Silences:
    """The page."""

    mark: Mark
    answer: str
    lead: str
    active: tuple[Line, ...]
    future: tuple[Line, ...]
    over: tuple[Line, ...]
    rules: tuple[RuleLine, ...]
    inhibited: int
    kept: tuple[Kept, ...]


def silences(
    found: Iterable[Silence],
    rules: Iterable[Inhibition],
    suppressed: Sequence[Suppressed],
    now: datetime,
) -> Silences:
    """Return the page.

    Args:
        found: silences, those that stand first.
        rules: of inhibition.
        suppressed: alerts that called nobody, newest first.
        now: the instant.
    """
    held = [row for row in suppressed if row.over_at is None]
    lines: dict[str, list[Line]] = {"active": [], "scheduled": [], "over": []}
    for one in {one.id: one for one in found}.values():
        its = {row.episode for row in held if row.by == one.id}
        lines[one.state(now)].append(Line(one, tuple(map(str, one.matchers)), len(its)))
    active = lines["active"]
    inhibited = len({row.episode for row in held if row.reason is Reason.INHIBITED})
    quiet = sum(line.quiet for line in active) + inhibited
    return Silences(
        mark=Mark.AT_RISK if active or inhibited else Mark.HEALTHY,
        answer=_answer([line.silence for line in active]),
        lead=_lead(quiet, [line.silence for line in active]),
        active=tuple(active),
        future=tuple(sorted(lines["scheduled"], key=lambda line: line.silence.starts_at)),
        over=tuple(lines["over"]),
        rules=tuple(RuleLine(_said(rule.source), _said(rule.target)) for rule in rules),
        inhibited=inhibited,
        kept=kept(suppressed),
    )


def matched(matchers: Sequence[Matcher], alerts: Iterable[StoredAlert]) -> tuple[Matched, ...]:
    """Return the alerts that are firing or about to and that every matcher takes, oldest first."""
    taken = [
        one
        for one in alerts
        if one.state is not AlertState.RESOLVED and match(matchers, words(one.alert))
    ]
    return tuple(_matched(one) for one in sorted(taken, key=lambda one: one.started_at))


def kept(rows: Sequence[Suppressed]) -> tuple[Kept, ...]:
    """Return what called nobody, one line for each thing that kept several quiet at once."""
    heaps: dict[tuple[object, ...], list[Suppressed]] = {}
    for row in rows:
        heaps.setdefault((row.system, row.hold, row.at, row.over_at), []).append(row)
    return tuple(Kept(heap[0], len(heap) - 1, heap[0].slice) for heap in heaps.values())


def _matched(one: StoredAlert) -> Matched:
    if one.incident is not None:
        mark, says = Mark.HARM, "in an incident already: people were called"
    elif one.state is AlertState.PENDING:
        mark, says = Mark.AT_RISK, "not confirmed yet"
    else:
        mark, says = Mark.AT_RISK, "firing, and in no incident"
    return Matched(one.system, told(one.worst), one.started_at, mark, says)


def _said(matchers: Iterable[Matcher]) -> str:
    return " ".join(map(str, matchers))


def _answer(active: Sequence[Silence]) -> str:
    windows = [one for one in active if one.kind is Kind.MAINTENANCE]
    parts: list[str] = []
    if len(active) > len(windows):
        parts.append(count(len(active) - len(windows), "silence"))
    if windows:
        parts.append(count(len(windows), "maintenance window"))
    if not parts:
        return "Nothing is silenced."
    return f"{' and '.join(parts)} {'is' if len(active) == 1 else 'are'} in force."


def _lead(quiet: int, active: Sequence[Silence]) -> str:
    if quiet:
        verb = "calls" if quiet == 1 else "call"
        return f"{count(quiet, 'alert')} {verb} nobody because of it."
    return "They keep nothing quiet at this moment." if active else "Every alert that pages, pages."

"""The queue as people see it: what waits, and one decision to be judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.base.phrases import count, number, percent
from tocsin.contain import answers
from tocsin.contain.agreement import Agreement
from tocsin.contain.referral import Judgement, Kind, Referral, State
from tocsin.contain.weighing import Weighed
from tocsin.ingest.system import Kind as SystemKind
from tocsin.store.referrals import Waiting
from tocsin.store.systems import StoredSystem
from tocsin.web.queue import Figures
from tocsin.web.views.marks import Figure, Mark

KEYS = "123456789"
_SAID = {"true": "Yes", "false": "No"}


@dataclass(frozen=True, slots=True)
class SystemLine:
    """One system's queue in a line."""

    name: str
    waiting: Waiting
    mark: Mark


@dataclass(frozen=True, slots=True)
class Line:
    """One decision in the list."""

    id: str
    system: str
    kind: str
    why: str
    mark: Mark
    says: str
    made_at: datetime
    due_at: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class SliceLine:
    """How often the system is wrong in one slice."""

    label: str
    figure: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A system's figures in words."""

    agreement: Figure | None
    kappa: str
    wrong: Figure | None
    of: str
    slices: tuple[SliceLine, ...]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The page."""

    mark: Mark
    answer: str
    lead: str
    waits: bool
    systems: tuple[SystemLine, ...]
    lines: tuple[Line, ...]
    told: Told | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that is offered, and the key that gives it."""

    answer: str
    said: str
    key: str


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that the system was told."""

    name: str
    value: str
    hashed: bool
    is_missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One decision to be judged, as one reader may see it."""

    id: str
    system: str
    title: str
    mark: Mark
    why: str
    version: str
    prediction_id: str
    at: datetime
    due_at: datetime
    overdue: bool
    settled: bool
    is_yours: bool
    """Whether the reader has it now and may judge it."""
    may_take: bool
    says: str
    """Why the reader may not judge it; empty: they may."""
    choices: tuple[Choice, ...]
    written: str
    """What is asked where an answer is written freely; empty: it is not."""
    own_answer: str
    hidden: bool
    inputs: tuple[Input, ...]
    attributes: tuple[Input, ...]
    judgements: tuple[Judgement, ...]
    result: str


def queue(
    waiting: Mapping[str, Waiting],
    found: Sequence[Referral],
    figures: Figures | None,
    now: datetime,
) -> Queue:
    """Return the page.

    Args:
        waiting: what waits, by the systems that the page is about.
        found: the decisions that are listed.
        figures: of the one system that the page is about, if it is one.
        now: the instant.
    """
    n = sum(one.number for one in waiting.values())
    late = sum(one.overdue for one in waiting.values())
    mark = Mark.HARM if late else Mark.HEALTHY
    if not n:
        answer = "Nothing waits for a person."
    else:
        answer = f"{count(n, 'decision')} {'waits' if n == 1 else 'wait'} for a person."
    dues = [one.first_due_at for one in waiting.values() if one.first_due_at is not None]
    lead = ""
    if late:
        lead = f"{count(late, 'decision')} {'is' if late == 1 else 'are'} past the due time."
    elif dues:
        lead = "None is past its due time."
    return Queue(
        mark=mark,
        answer=answer,
        lead=lead,
        waits=n > 0,
        systems=tuple(SystemLine(name, one, _of(one)) for name, one in waiting.items()),
        lines=tuple(line(one, now) for one in found),
        told=None if figures is None else told(figures),
    )


def line(one: Referral, now: datetime) -> Line:
    """Return one decision as a line of the list."""
    holder = one.holder(now)
    if one.state is State.SETTLED:
        mark, says = Mark.HEALTHY, "settled"
    elif one.overdue(now):
        mark, says = Mark.HARM, "overdue"
    elif holder is not None:
        mark, says = Mark.CONTAINED, f"{holder} has it"
    else:
        mark, says = Mark.NO_DATA, "nobody has it yet"
    waits = "waited" if one.state is State.SETTLED else "waits"
    kind = f"the caller {waits}" if one.facts.kind is Kind.ROUTED else "drawn by chance"
    return Line(
        one.id, one.system, kind, one.facts.why, mark, says, one.made_at, one.due_at,
        one.overdue(now),
    )  # fmt: skip


def item(one: Referral, stored: StoredSystem, reader: str, now: datetime) -> Item:
    """Return one decision as `reader` may see it: what others judged only once it is settled."""
    system, facts, settled = stored.system, one.facts, one.state is State.SETTLED
    mine = tuple(given for given in one.judgements if given.by == reader)
    hidden = system.queue.hides_answer and not mine and not settled
    holder = one.holder(now)
    says = _obstacle(one, reader, now)
    score = "" if facts.score is None else f" (score {number(facts.score)})"
    words = answers.choices(system, stored.spec.classes)
    return Item(
        id=one.id,
        system=one.system,
        title=_title(one, system.impact.unit, says, reader == holder),
        mark=Mark.HARM if one.overdue(now) else Mark.HEALTHY if settled else Mark.NO_DATA,
        why=facts.why,
        version=facts.version,
        prediction_id=facts.prediction_id,
        at=facts.at,
        due_at=one.due_at,
        overdue=one.overdue(now),
        settled=settled,
        is_yours=holder == reader,
        may_take=not says and holder is None,
        says=says,
        choices=tuple(
            Choice(word, said(word), KEYS[k] if k < len(KEYS) else "")
            for k, word in enumerate(words)
        ),
        written=_written(system.kind),
        own_answer=said(facts.answer) + score if facts.answer and not hidden else "",
        hidden=hidden and facts.answer is not None,
        inputs=_inputs(facts.inputs, system.hashed),
        attributes=_inputs(facts.attributes, system.hashed),
        judgements=one.judgements if settled else mine,
        result=said(one.result or ""),
    )


def told(found: Figures) -> Told:
    """Return a system's figures in words."""
    wrong = found.wrong
    return Told(
        agreement=_agreement(found.agreement),
        kappa=_kappa(found.agreement),
        wrong=_share(wrong),
        of=f"stands for about {wrong.decisions:,.0f} decisions" if wrong.n else "",
        slices=tuple(
            SliceLine(label, figure)
            for label, one in found.slices
            if (figure := _share(one)) is not None
        ),
        since=found.since,
    )


def said(answer: str) -> str:
    """Return an answer as people read it.

    >>> said("true"), said("not approved")
    ('Yes', 'not approved')
    """
    return _SAID.get(answer, answer)


def _of(one: Waiting) -> Mark:
    return Mark.HARM if one.overdue else Mark.HEALTHY


def _title(one: Referral, unit: str, says: str, is_yours: bool) -> str:
    if one.state is State.SETTLED:
        return f"This {unit} was settled: {said(one.result or '')}."
    if is_yours:
        return f"Judge this {unit}."
    return f"This {unit} is not yours to judge now." if says else f"This {unit} waits for a person."


def _obstacle(one: Referral, reader: str, now: datetime) -> str:
    if one.state is State.SETTLED:
        return "it is settled"
    if any(given.by == reader for given in one.judgements):
        return "you have judged it before; somebody else must now"
    if now < one.open_at:
        return "it may still be taken back by who judged it"
    holder = one.holder(now)
    return f"{holder} has it" if holder not in (None, reader) else ""


def _written(kind: SystemKind) -> str:
    match kind:
        case SystemKind.REGRESSION:
            return "The right number"
        case SystemKind.MULTICLASS:
            return "Another class"
        case _:
            return ""


def _inputs(values: Mapping[str, object], hashed: Sequence[str]) -> tuple[Input, ...]:
    return tuple(
        Input(name, _value(value), name in hashed, value is None) for name, value in values.items()
    )


def _value(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return said(str(value).lower())
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


def _agreement(found: Agreement) -> Figure | None:
    if not found.n:
        return None
    return Figure(percent(found.share), _between(found.interval), n=f"{found.n:,}")


def _kappa(found: Agreement) -> str:
    if math.isnan(found.kappa):
        return ""
    low, high = found.kappa_interval
    return f"{found.kappa:.2f} ({low:.2f} to {high:.2f})"


def _share(found: Weighed) -> Figure | None:
    if not found.n:
        return None
    return Figure(percent(found.share), _between(found.interval), n=f"{found.n:,}")


def _between(interval: tuple[float, float]) -> str:
    low, high = interval
    return f"({percent(low)} to {percent(high)})"

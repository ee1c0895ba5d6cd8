"""How incidents relate: linked, merged into one, split in two; told on the timelines of both.

    link    related / duplicate of / caused by; a link taken back is told as well
    merge   the one that is merged closes; whoever had not answered its pages is called by the other
    split   a new incident for some of the alerts; the two name each other; it undoes a merge

Moves are pure.  What moves with them (alerts, pages, links) moves in the same unit of work.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from tocsin.base.errors import BadInput, Conflict
from tocsin.base.slices import Slice
from tocsin.incident import impact, lifecycle
from tocsin.incident.incident import Entry, EntryKind, Incident, Severity, State

_Alert = TypeVar("_Alert")


class LinkKind(StrEnum):
    """What one incident is to another; the last two are made by merging and splitting alone."""

    RELATED = "related"
    DUPLICATE_OF = "duplicate_of"
    CAUSED_BY = "caused_by"
    MERGED_INTO = "merged_into"
    SPLIT_FROM = "split_from"


BY_HAND = (LinkKind.RELATED, LinkKind.DUPLICATE_OF, LinkKind.CAUSED_BY)
_SAYS = {
    LinkKind.RELATED: ("is related to", "is related to"),
    LinkKind.DUPLICATE_OF: ("is a duplicate of", "has a duplicate in"),
    LinkKind.CAUSED_BY: ("was caused by", "caused"),
    LinkKind.MERGED_INTO: ("was merged into", "goes on for"),
    LinkKind.SPLIT_FROM: ("was split from", "was split; the rest is"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`incident` is `kind` of `other`, by their ids."""

    id: str
    incident: str
    other: str
    kind: LinkKind
    made_at: datetime
    made_by: str


def says(kind: LinkKind, *, other_side: bool = False) -> str:
    """Return the link as a verb, e.g. `was caused by`; from the other side, `caused`."""
    return _SAYS[kind][other_side]


def link(
    one: Incident,
    other: Incident,
    kind: LinkKind,
    *,
    actor: str,
    now: datetime,
    entry_ids: Sequence[str],
    ended: bool = False,
) -> tuple[Entry, Entry]:
    """Return the line on either timeline that tells a new link, or that one was taken back.

    Raises:
        BadInput: an incident and itself, or a kind that no person makes.
    """
    if one.id == other.id:
        raise BadInput(f"{one.name} cannot be linked with itself", where="other", do="name another")
    if kind not in BY_HAND:
        raise BadInput(f"{kind.value} is no link by hand", where="kind", do="merge or split")
    undone = "no longer: " if ended else ""
    facts = {"kind": kind.value, "ended": "true" if ended else ""}
    lines = [
        (one, other, says(kind), entry_ids[0]),
        (other, one, says(kind, other_side=True), entry_ids[1]),
    ]
    first, second = (
        _line(
            mine,
            EntryKind.LINKED,
            f"{undone}{mine.name} {verb} {its.name}: {its.title}",
            actor=actor,
            now=now,
            entry_id=entry_id,
            facts={key: value for key, value in facts.items() if value} | {"incident": its.id},
        )
        for mine, its, verb, entry_id in lines
    )
    return first, second


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Both incidents after a merge, and the lines of both timelines."""

    winner: Incident
    loser: Incident
    told_winner: tuple[Entry, ...]
    told_loser: tuple[Entry, ...]
    called_again: bool
    """Whether people are called from the first step although somebody had acknowledged."""


def merge(
    winner: Incident,
    loser: Incident,
    *,
    why: str,
    actor: str,
    now: datetime,
    entry_ids: Sequence[str],
) -> Merged:
    """Return `loser` closed as merged into `winner`, which is as grave as the graver of the two.

    Whoever had not answered the loser's pages is called by the winner: where the winner had been
    acknowledged by others than `actor`, who knows of both, that no longer counts, and people are
    called from the first step.  An acknowledgement of the loser covers a winner that called nobody.

    Args:
        winner: the one that goes on.
        loser: the one that closes.
        why: why they are one.
        actor: who says so.
        now: when.
        entry_ids: four fresh ids.

    Raises:
        BadInput: an incident and itself.
        Conflict: one is over, or they are about different systems.
    """
    if winner.id == loser.id:
        raise BadInput(
            f"{winner.name} cannot be merged into itself", where="into", do="name another"
        )
    for one in (winner, loser):
        if one.state is State.RESOLVED:
            raise Conflict(f"{one.name} is over; link the two instead")
    if winner.system != loser.system:
        raise Conflict(
            f"{winner.name} is about {winner.system} and {loser.name} about {loser.system};"
            " link them instead"
        )
    because = f": {why}" if why else ""
    told = [
        _line(
            winner,
            EntryKind.MERGED,
            f"{loser.name} goes on here ({loser.title}){because}",
            actor=actor,
            now=now,
            entry_id=entry_ids[0],
            facts={"incident": loser.id},
        )
    ]
    after = impact.merged(winner, loser, actor=actor)
    if loser.severity < winner.severity:
        after, more = lifecycle.set_severity(
            after,
            loser.severity,
            f"{loser.name} was as grave: {loser.severity_why}",
            actor=actor,
            now=now,
            entry_id=entry_ids[1],
        )
        told += more
    after = replace(
        after,
        graded=_graver(winner.graded, loser.graded),
        paging_from=_earlier(winner.paging_from, loser.paging_from) or after.paging_from,
    )
    if winner.paging_from is None and winner.acknowledged_at is None and loser.acknowledged_at:
        after = replace(
            after,
            state=State.ACKNOWLEDGED if after.state is State.OPEN else after.state,
            acknowledged_at=loser.acknowledged_at,
            acknowledged_by=loser.acknowledged_by,
            commander=winner.commander or loser.commander,
        )
    waiting = loser.paging_from is not None and loser.acknowledged_at is None
    knows = actor in {winner.acknowledged_by, winner.commander}
    again = waiting and winner.acknowledged_at is not None and not knows
    if again:
        why_again = f"Calling again: nobody had acknowledged {loser.name}, which goes on here."
        after, more = lifecycle.call_again(after, now=now, entry_id=entry_ids[2], why=why_again)
        after = replace(after, paging_from=now)
        told += [replace(one, facts={**one.facts, lifecycle.AGAIN: "merged"}) for one in more]
    closed = replace(loser, state=State.RESOLVED, resolved_at=now, merged_into=winner.id)
    line = _line(
        closed,
        EntryKind.MERGED,
        f"merged into {winner.name} by {actor}{because}",
        actor=actor,
        now=now,
        entry_id=entry_ids[3],
        facts={"incident": winner.id},
    )
    return Merged(
        winner=after,
        loser=closed,
        told_winner=tuple(told),
        told_loser=(line,),
        called_again=again,
    )


def split(
    incident: Incident,
    *,
    id: str,  # noqa: A002 - the noun's field
    number: int,
    title: str,
    severity: Severity,
    severity_why: str,
    slice_: Slice,
    impact_from: datetime | None,
    evidence: Sequence[str],
    actor: str,
    now: datetime,
    entry_ids: Sequence[str],
) -> tuple[Incident, tuple[Entry, ...], Entry]:
    """Return a new incident, its first lines, and the line that tells it on the one it came from.

    Whoever had acknowledged has this one too; if nobody had, it goes on being paged as before.

    Args:
        incident: the one that it is split from.
        id: of the new one.
        number: what people call it by.
        title: one line in plain words.
        severity: of the new one.
        severity_why: one sentence.
        slice_: who is hit.
        impact_from: since when.
        evidence: what was seen, in words.
        actor: who splits.
        now: when.
        entry_ids: as many fresh ids as lines, 3 + len(evidence).

    Raises:
        Conflict: it is over.
    """
    if incident.state is State.RESOLVED:
        raise Conflict(f"{incident.name} is over and cannot be split; open a new one")
    new, told = lifecycle.open_(
        id=id,
        number=number,
        system=incident.system,
        title=title,
        severity=severity,
        severity_why=severity_why,
        now=now,
        entry_ids=entry_ids[: 1 + len(evidence)],
        slice_=slice_,
        impact_from=impact_from,
        evidence=evidence,
        actor=actor,
    )
    new = replace(new, graded=severity, war_room=incident.war_room)
    if new.paging_from is not None:
        new = replace(new, paging_from=incident.paging_from or new.paging_from)
    if incident.acknowledged_at is not None:
        new = replace(
            new,
            state=State.ACKNOWLEDGED,
            acknowledged_at=now,
            acknowledged_by=incident.acknowledged_by,
            commander=incident.commander,
        )
    here = _line(
        new,
        EntryKind.SPLIT,
        f"split from {incident.name}: {incident.title}",
        actor=actor,
        now=now,
        entry_id=entry_ids[-2],
        facts={"incident": incident.id},
    )
    there = _line(
        incident,
        EntryKind.SPLIT,
        f"split: {new.name} takes {title}",
        actor=actor,
        now=now,
        entry_id=entry_ids[-1],
        facts={"incident": new.id},
    )
    return new, (*told, here), there


def share(
    alerts: Sequence[_Alert], named: Sequence[str], chosen: Collection[str]
) -> tuple[list[_Alert], list[_Alert]]:
    """Return the alerts that stay and those that go; each is in one of the two.

    Args:
        alerts: all of the incident's.
        named: the fingerprint of each; episodes of one alert go together.
        chosen: the fingerprints that go.

    Raises:
        BadInput: a fingerprint that none has, or nothing would go, or nothing would stay.
    """
    unknown = sorted(set(chosen) - set(named))
    if unknown:
        what = f"no alert of this incident is called {unknown[0]!r}"
        raise BadInput(what, where="alerts", do="see the incident's alerts")
    pairs = list(zip(alerts, named, strict=True))
    stay = [one for one, name in pairs if name not in chosen]
    go = [one for one, name in pairs if name in chosen]
    if not go or not stay:
        what = "no alert would go" if not go else "no alert would stay"
        raise BadInput(what, where="alerts", do="choose some of them, not none and not all")
    return stay, go


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def _graver(one: Severity | None, other: Severity | None) -> Severity | None:
    return min((grade for grade in (one, other) if grade is not None), default=None)


def _line(
    incident: Incident,
    kind: EntryKind,
    text: str,
    *,
    actor: str,
    now: datetime,
    entry_id: str,
    facts: dict[str, str],
) -> Entry:
    _, (line,) = lifecycle.note(
        incident, kind=kind, text=text, actor=actor, now=now, entry_id=entry_id, facts=facts
    )
    return line

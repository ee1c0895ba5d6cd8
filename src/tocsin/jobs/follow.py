"""Follow: tell receivers that keep the incident too what became of it, so that they stop calling.

    acknowledged or resolved ──▶ each thread that a page opened there ──▶ a line on the timeline

The line is the only memory: a turn without one is told again, which does no harm there.  A receiver
that cannot be reached is tried again in the next round, for a day; then its people must look.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.alert.ports import DeliveryError, Follower, Receipt, Turn
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident
from tocsin.jobs.rings import Rings
from tocsin.store import incidents, pages

_ACTOR = "tocsin"
_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Word:
    """One turn to tell about one thread on one channel."""

    incident: Incident
    turn: Turn
    channel: str
    receipt: Receipt

    @property
    def facts(self) -> Mapping[str, str]:
        return {"told": self.turn, "channel": self.channel, "thread": self.receipt.external_id}


def run(rings: Rings, now: datetime) -> None:
    """Tell every turn that was not told yet; a channel that fails is left until the next round."""
    followers = {
        channel: notifier
        for channel, notifier in rings.notifiers.items()
        if isinstance(notifier, Follower)
    }
    if not followers:
        return
    with rings.database.reading() as conn:
        words = {(w.channel, w.receipt, w.turn): w for w in _untold(conn, followers, now)}.values()
    silent: set[str] = set()
    for word in words:
        if word.channel not in silent and not _tell(rings, followers[word.channel], word):
            silent.add(word.channel)


def _untold(
    conn: sa.Connection, followers: Mapping[str, Follower], now: datetime
) -> Iterator[_Word]:
    for incident in incidents.current(conn, now - _FOR):
        turn = _turn(incident, now)
        if turn is None:
            continue
        told = [one for one in incidents.timeline(conn, incident.id) if "told" in one.facts]
        for page in pages.of_incident(conn, incident.id):
            if page.receipt is None or page.contact.channel not in followers:
                continue
            word = _Word(incident, turn, page.contact.channel, page.receipt)
            # a page that was under way meanwhile has opened it there anew
            if not any(
                one.facts == word.facts and one.at >= (page.accepted_at or one.at) for one in told
            ):
                yield word


def _turn(incident: Incident, now: datetime) -> Turn | None:
    """Return the latest turn, if it is young enough to be told."""
    resolved = incident.resolved_at is not None
    at = incident.resolved_at or incident.acknowledged_at
    if at is None or now - at > _FOR:
        return None
    return Turn.RESOLVED if resolved else Turn.ACKNOWLEDGED


def _tell(rings: Rings, follower: Follower, word: _Word) -> bool:
    """Tell one turn and write it down; return whether the channel may be tried further."""
    text, began = f"told {word.channel} that it is {word.turn}", rings.clock()
    try:
        follower.follow(word.receipt, word.turn, word.incident.acknowledged_by or _ACTOR)
    except DeliveryError as error:
        if error.retryable:
            return False
        text = f"could not tell {word.channel} that it is {word.turn}: {error}"
    with rings.database.unit(_ACTOR, began) as unit:
        incident, entries = lifecycle.note(
            incidents.get(unit.conn, word.incident.id),
            kind=EntryKind.NOTE,
            text=text,
            actor=_ACTOR,
            now=unit.now,
            entry_id=unit.new_id("ent"),
            facts=word.facts,
        )
        incidents.save(unit, incident, entries)
    return True

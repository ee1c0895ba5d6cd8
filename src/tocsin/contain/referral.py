"""A referral: one decision that is handed to a person, and what people judged.

    waiting ──claim (lease)──▶ one person's ──judge──▶ settled
       ▲                                        │
       └── a second person, on a share, who does not see the first; where the two differ, a third ─┘

A decision is *routed* to people by a directive, or *sampled* from those that the system made, by
chance alone and with a known probability.  The first judgement goes back to the caller at once; one
that is overruled by a third is corrected.  For `UNDO` after it was given a judgement may be taken
back, and nothing comes of it: no answer, no outcome, no second person.

Nobody judges one decision twice.  Whether a judgement is repeated depends on the decision's id
alone (a hash), not on who judged it or how.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.base.errors import Conflict
from tocsin.ingest.queue import Queue

UNDO = timedelta(seconds=10)
"""How long a judgement may be taken back."""
THIRD = 3
Same = Callable[[str, str], bool]
"""Whether two answers are one."""
Place = tuple[int, datetime, str]
"""Where a referral stands in the order of the queue: 0 where a caller waits, due time, id."""


class Kind(StrEnum):
    """Why a decision is before people."""

    ROUTED = "routed"
    """A directive says that a person decides; the caller waits."""
    SAMPLED = "sampled"
    """The system decided; chance chose it to be judged too."""


class State(StrEnum):
    """How far a referral has come."""

    WAITING = "waiting"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred:
    """What people are shown of a decision, as stored: what is dropped is not here, hashes are.

    `answer` and `score` are the system's own, None where it was not asked.  `probability` is the
    chance, 0-1, with which a decision like this one came before people.
    """

    prediction_id: str
    at: datetime
    version: str
    inputs: Mapping[str, object]
    attributes: Mapping[str, str]
    score: float | None = None
    answer: str | None = None
    directive: str | None = None
    why: str = ""
    kind: Kind = Kind.ROUTED
    probability: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one person answered, and when."""

    by: str
    at: datetime
    answer: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """One decision before people; `open_at` is when the next person may see it."""

    id: str
    system: str
    facts: Referred
    state: State = State.WAITING
    made_at: datetime
    due_at: datetime
    open_at: datetime
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    judgements: tuple[Judgement, ...] = ()
    result: str | None = None
    """What it came to; None before it is settled."""
    before: tuple[datetime, datetime] | None = None
    """`due_at` and `open_at` before the last judgement, to take it back."""

    @property
    def round(self) -> int:
        """Which judgement is waited for: 1, 2 (blind) or 3 (where those two differ)."""
        return len(self.judgements) + 1

    @property
    def settled_at(self) -> datetime | None:
        """When it was settled; None before."""
        return self.judgements[-1].at if self.state is State.SETTLED else None

    @property
    def awaited(self) -> bool:
        """Whether a caller waits for its answer: routed, and nobody has judged it yet."""
        return self.facts.kind is Kind.ROUTED and not self.judgements

    @property
    def place(self) -> Place:
        """Where it stands in the queue: what callers wait for first, then by due time."""
        return (0 if self.awaited else 1), self.due_at, self.id

    def overdue(self, now: datetime) -> bool:
        """Return whether somebody waits for it longer than was promised."""
        return self.state is State.WAITING and self.due_at <= now

    def holder(self, now: datetime) -> str | None:
        """Return who has it alone at `now`."""
        held = self.claimed_until is not None and self.claimed_until > now
        return self.claimed_by if held else None


@dataclass(frozen=True, slots=True)
class Answered:
    """What the caller is told; a higher `revision` replaces the one before."""

    answer: str
    revision: int
    at: datetime


def refer(id_: str, system: str, facts: Referred, queue: Queue, now: datetime) -> Referral:
    """Return a decision as it comes before people."""
    due_at = now + queue.due
    return Referral(id=id_, system=system, facts=facts, made_at=now, due_at=due_at, open_at=now)


def claim(one: Referral, person: str, lease: timedelta, now: datetime) -> Referral:
    """Return it as `person`'s alone until the lease runs out; claiming again renews it.

    Raises:
        Conflict: it is settled, somebody else has it, or this person has judged it before.
    """
    _check_open(one, person, now)
    holder = one.holder(now)
    if holder not in (None, person):
        raise Conflict(f"{holder} has {one.id} already; take another one")
    return replace(one, claimed_by=person, claimed_until=now + lease)


def release(one: Referral, person: str, now: datetime) -> Referral:
    """Return it as free for anybody.

    Raises:
        Conflict: somebody else has it.
    """
    if one.holder(now) not in (None, person):
        raise Conflict(f"{one.claimed_by} has {one.id}; only they give it back")
    return replace(one, claimed_by=None, claimed_until=None)


def judge(  # noqa: PLR0917 - the facts of one judgement
    one: Referral,
    person: str,
    answer: str,
    queue: Queue,
    same: Same,
    now: datetime,
    *,
    note: str = "",
    twice: bool = True,
) -> Referral:
    """Return it after `person` judged it.

    Args:
        one: the referral; a lease that ran out counts while nobody else took it.
        person: who judges.
        answer: in canonical form.
        queue: the system's terms.
        same: whether two answers are one.
        now: the instant.
        note: why, in the person's words.
        twice: whether answers can be compared, and so repeated.

    Raises:
        Conflict: it is settled, somebody else has it, or this person has judged it before.
    """
    _check_open(one, person, now)
    if one.holder(now) not in (None, person):
        raise Conflict(f"the lease ran out and {one.claimed_by} has {one.id} now; take another one")
    given = (*one.judgements, Judgement(by=person, at=now, answer=answer, note=note))
    after = replace(
        one,
        judgements=given,
        claimed_by=None,
        claimed_until=None,
        before=(one.due_at, one.open_at),
    )
    match given:
        case (first,):
            if not (twice and repeated(one.facts.prediction_id, queue.second)):
                return replace(after, state=State.SETTLED, result=first.answer)
        case (first, second) if same(first.answer, second.answer):
            return replace(after, state=State.SETTLED, result=first.answer)
        case (*_, last) if len(given) >= THIRD:
            return replace(after, state=State.SETTLED, result=last.answer)
        case _:
            pass
    return replace(after, due_at=now + queue.due, open_at=now + UNDO)


def undo(one: Referral, person: str, queue: Queue, now: datetime) -> Referral:
    """Return it before the last judgement, which was `person`'s, and theirs alone again.

    Raises:
        Conflict: the last judgement is not theirs, or it is too late.
    """
    last = one.judgements[-1] if one.judgements else None
    if last is None or last.by != person:
        raise Conflict(f"the last judgement of {one.id} is not yours to take back")
    if now >= last.at + UNDO:
        seconds = round(UNDO.total_seconds())
        raise Conflict(f"too late: a judgement can be taken back for {seconds} s; it has gone out")
    due_at, open_at = one.before or (one.due_at, one.open_at)
    return replace(
        one,
        state=State.WAITING,
        judgements=one.judgements[:-1],
        result=None,
        due_at=due_at,
        open_at=open_at,
        claimed_by=person,
        claimed_until=now + queue.lease,
    )


def answered(one: Referral, same: Same, now: datetime) -> Answered | None:
    """Return what the caller may be told at `now`; None: nobody has judged it for good."""
    if not one.judgements or now < one.judgements[0].at + UNDO:
        return None
    first = one.judgements[0]
    settled = one.settled_at
    if settled is None or one.result is None or now < settled + UNDO:
        return Answered(first.answer, 1, first.at)
    if same(first.answer, one.result):
        return Answered(first.answer, 1, first.at)
    return Answered(one.result, 2, settled)


def repeated(prediction_id: str, share: float) -> bool:
    """Return whether the judgement of this decision is repeated by a second person."""
    return place(prediction_id, "second") < share


def sampled(prediction_id: str, share: float) -> bool:
    """Return whether chance chose this decision to be judged; the same one at every look."""
    return place(prediction_id, "sample") < share


def place(text: str, salt: str) -> float:
    """Return where `text` stands in 0-1, evenly spread and always the same under one salt.

    >>> place("a", "second") == place("a", "second") != place("a", "sample")
    True
    """
    digest = hashlib.blake2b(f"{salt}\0{text}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _check_open(one: Referral, person: str, now: datetime) -> None:
    if one.state is State.SETTLED:
        raise Conflict(f"{one.id} is settled already; take another one")
    if any(given.by == person for given in one.judgements):
        raise Conflict(f"you have judged {one.id} before; somebody else must now")
    if now < one.open_at:
        raise Conflict(f"{one.id} may still be taken back by who judged it; take another one")

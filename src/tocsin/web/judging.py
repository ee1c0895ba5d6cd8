"""What people do with referred decisions: take, give back, judge, take back; each in one unit.

The unit's actor is the person: nobody judges for somebody else.
"""

from __future__ import annotations

from tocsin.base.errors import Conflict
from tocsin.contain import answers
from tocsin.contain.referral import Kind, Referral, State, claim, judge, release, undo
from tocsin.ingest.system import System
from tocsin.store import referrals, replies, systems
from tocsin.store.unit import Unit


def take_next(unit: Unit, system: str | None = None, passing: str = "") -> Referral | None:
    """Return what the actor is to judge next, theirs alone for a while; None: nothing waits.

    Args:
        unit: whose actor asks.
        system: only of this one.
        passing: id of one that they hold and give back for somebody else; what is due before it
            does not come up again.

    Raises:
        NotFound: there is no such system or referral.
        Conflict: somebody else holds the one that is to be passed by.
    """
    if system is not None:
        systems.get(unit.conn, system)
    passed = give_back(unit, passing) if passing else None
    id_ = referrals.next_for(unit.conn, unit.actor, unit.now, system=system, after=passed)
    return None if id_ is None else take(unit, id_)


def take(unit: Unit, id_: str) -> Referral:
    """Return one referral, the actor's alone for a while.

    Raises:
        NotFound: there is none.
        Conflict: it is settled, somebody else has it, or the actor has judged it before.
    """
    one, system = _read(unit, id_)
    held = claim(one, unit.actor, system.queue.lease, unit.now)
    referrals.save(unit, held, system)
    return held


def give_back(unit: Unit, id_: str) -> Referral:
    """Return one referral that is anybody's again.

    Raises:
        NotFound: there is none.
        Conflict: somebody else has it.
    """
    one, system = _read(unit, id_)
    free = release(one, unit.actor, unit.now)
    if free != one:
        referrals.save(unit, free, system)
    return free


def judged(unit: Unit, id_: str, text: str, note: str = "") -> Referral:
    """Return one referral with the actor's judgement; its answer is put into the outbox.

    The same judgement sent again, as by a key pressed twice, changes nothing.

    Raises:
        NotFound: there is none.
        BadInput: `text` is no answer of its system.
        Conflict: it is settled, somebody else has it, or the actor has judged it before.
    """
    one, system = _read(unit, id_)
    answer = answers.read(system, text)
    if one.judgements and (one.judgements[-1].by, one.judgements[-1].answer) == (
        unit.actor,
        answer,
    ):
        return one

    def same(first: str, other: str) -> bool:
        return answers.same(system, first, other)

    after = judge(
        one,
        unit.actor,
        answer,
        system.queue,
        same,
        unit.now,
        note=note.strip(),
        twice=system.kind.classifies,
    )
    referrals.save(unit, after, system)
    _reply(unit, after, system)
    unit.audit("referral.judged", one.id, system=one.system, round=str(one.round))
    return after


def taken_back(unit: Unit, id_: str) -> Referral:
    """Return one referral before the actor's last judgement, theirs again; asked again: as it is.

    Raises:
        NotFound: there is none.
        Conflict: the last judgement is not the actor's, or it is too late.
    """
    one, system = _read(unit, id_)
    if one.holder(unit.now) == unit.actor:
        return one
    before = undo(one, unit.actor, system.queue, unit.now)
    # by another host's clock it may be late already: what has gone out is not taken back
    if not replies.take_back(unit, one) or referrals.outcome_is_told(unit.conn, one, system.queue):
        raise Conflict(f"too late: the judgement of {one.id} has gone out")
    referrals.save(unit, before, system)
    unit.audit("referral.undone", one.id, system=one.system, round=str(before.round))
    return before


def _read(unit: Unit, id_: str) -> tuple[Referral, System]:
    one = referrals.get(unit.conn, id_)
    return one, systems.get(unit.conn, one.system).system


def _reply(unit: Unit, after: Referral, system: System) -> None:
    """Put the answer into the outbox: the first one, and one that overrules it."""
    channel, first = system.queue.answers_to, after.judgements[0].answer
    if not channel or after.facts.kind is not Kind.ROUTED:
        return
    if len(after.judgements) == 1:
        replies.add(unit, after, channel, first, 1)
    elif after.state is State.SETTLED and not answers.same(system, first, after.result or ""):
        replies.add(unit, after, channel, after.result or "", 2)

"""Escalate and deliver: the two duties by which a page is decided, sent, and never lost.

    escalate   open, unacknowledged incident ──policy──▶ rows in the outbox, the next one included
    deliver    due row ──claim (lease)──▶ send, outside any transaction ──▶ receipt or next try

Killed anywhere, either may simply run again: rows are keyed, a claim runs out, and a page whose
receipt was not written is sent once more under the same key.  Neither needs a lease of its own.

Who is on call is settled at the moment a page is first claimed: if an override came after it was
planned, the page to whom it spares leaves the outbox in the transaction that claims the other one.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from tocsin.alert import message, wording
from tocsin.alert.links import acknowledge_url
from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError, Reason, Receipt
from tocsin.alert.state import AlertState
from tocsin.base.errors import TocsinError
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident, Severity
from tocsin.incident.joining import is_join
from tocsin.jobs import forgotten, joining, rewind
from tocsin.jobs.per_system import complain, tried
from tocsin.jobs.rings import Rings
from tocsin.oncall.escalation import instead, next_actions, outdated
from tocsin.oncall.person import Contact
from tocsin.oncall.policy import Call, Called
from tocsin.oncall.resolve import another_way
from tocsin.store import alerts, commands, incidents, oncall, pages, reach
from tocsin.store.pages import PageRow, PageState
from tocsin.store.unit import Unit

_ACTOR = "tocsin"
_WAIT_S, _LONGEST_WAIT_S = 10, 60
_PATIENT_AFTER = 20
"""From so many tries on, some three minutes, a page is tried every minute."""
_WAYS = {"smtp": "e-mail"}
_ASKED_AHEAD = 4
"""Other workers may claim the first ones meanwhile: of so many more it is asked who is on call."""
_TRIES_OF_ONE_WAY = 3
"""After so many failed tries a person's next way is tried as well; the first goes on."""


def escalate(rings: Rings, now: datetime) -> None:
    """Put every call that the policies ask for at `now` into the outbox.

    Raises:
        ExceptionGroup: what went wrong, each noted with its incident, after all had their turn.
    """
    rewind.follow(rings, now)
    with rings.database.reading() as conn:
        asked = [
            *pages.unplanned(conn, now),
            *incidents.turning(conn),
            *incidents.taken(conn, Severity.SEV1),
            *commands.asking(conn),
        ]
        waiting: list[str] = []

        def look(id_: str) -> None:
            one = incidents.get(conn, id_)
            if forgotten.is_forgotten(conn, one, now) or not _plan(conn, one, now).stands:
                waiting.append(id_)

        troubles = tried(dict.fromkeys(asked), look, noun="incident")

    def act(id_: str) -> None:
        with rings.database.unit(_ACTOR, now) as unit:
            forgotten.expire(unit, id_)
            _settle(unit, id_)

    troubles += tried(waiting, act, noun="incident")
    complain(troubles, "some incidents could not be escalated")


def deliver(rings: Rings, now: datetime) -> None:
    """Send what is due, one page after the other, and return when all were tried.

    Raises:
        ExceptionGroup: the faults of ours by which pages could not be sent.
    """
    claimed = {page.id: page for page in claim(rings, now, rings.senders)}
    troubles = tried(claimed, lambda id_: send(rings, claimed[id_]), noun="page")
    complain(troubles, "some pages could not be sent")


def claim(rings: Rings, now: datetime, limit: int) -> list[PageRow]:
    """Return up to `limit` due pages that are now this worker's to send.

    An incident that cannot be read holds up no other: its pages go out as they stand, whoever sends
    them records what is wrong, and `escalate` raises it.
    """
    if limit <= 0:
        return []
    with rings.database.reading() as conn:
        # `overdue` is strict; the next microsecond makes what is due at `now` overdue
        due = pages.overdue(conn, now + timedelta(microseconds=1), limit * _ASKED_AHEAD)
        moved: list[str] = []

        def turn(id_: str) -> None:
            turns = incidents.policy(conn, id_).schedules or commands.calling(conn, id_)
            if turns and not _plan(conn, incidents.get(conn, id_), now).stands:
                moved.append(id_)

        tried(sorted({page.incident for page in due if not page.attempts}), turn)
    if not due:
        return []
    with rings.database.unit(_ACTOR, now) as unit:
        tried(moved, partial(_settle_apart, unit))
        claimed = pages.claim(unit, rings.worker, rings.lease, limit)
        wanted: list[PageRow] = []
        for page in claimed:
            try:
                calls = _still_calls(unit, page)
            except TocsinError:  # unreadable: whoever sends it records what is wrong
                calls = True
            if calls:
                wanted.append(page)
        return wanted


def _still_calls(unit: Unit, page: PageRow) -> bool:
    """Return whether somebody must still be called; a page that has done its work is closed."""
    incident = incidents.get(unit.conn, page.incident)
    if incident.resolved_at is not None:  # over
        pages.close(unit, incident.id, incident.acknowledged_by or _ACTOR)
        return False
    if incident.acknowledged_at is None or is_join(page.rung):
        return True
    pages.acknowledge(unit, incident.id, incident.acknowledged_by or _ACTOR)  # taken
    return False


def _settle_apart(unit: Unit, incident_id: str) -> None:
    with unit.part():  # what fails in one incident leaves the others' as they are
        _settle(unit, incident_id)


def send(rings: Rings, page: PageRow) -> None:
    """Send one claimed page, and record what became of it.

    Raises:
        Exception: a fault of ours, such as records that cannot be read.  It is recorded, too; the
            page stays claimed, is tried again when that runs out, and is late until it leaves.
    """
    try:
        receipt = attempt(rings, page.contact, lambda: _notice(rings, page))
    except DeliveryError as error:
        _record_failure(rings, page, error)
    except Exception as fault:
        _record_fault(rings, page, fault)
        raise
    else:
        _record_receipt(rings, page, receipt)


def attempt(rings: Rings, contact: Contact, compose: Callable[[], Notice]) -> Receipt:
    """Send to `contact` what `compose` returns.

    Raises:
        DeliveryError: whatever went wrong, without secrets.
    """
    notifier = rings.notifiers.get(contact.channel)
    if notifier is None:
        raise DeliveryError(
            f"no channel is called {contact.channel!r}",
            retryable=False,
            reason=Reason.CONFIGURATION,
        )
    notice = compose()
    try:
        return notifier.send(notice)
    except DeliveryError:
        raise
    except Exception as error:  # noqa: BLE001 - a third party's fault must not lose a page
        raise DeliveryError(
            f"channel {contact.channel!r} broke: {type(error).__name__}",
            retryable=True,
            reason=Reason.SERVER,
        ) from None


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after the `attempts`-th failed try (from 1).

    Tries that died with their worker count as well; the wait therefore stays short at first, so
    that a receiver that comes back soon is not kept waiting by what others did.

    >>> [wait_after(n).total_seconds() for n in (1, 2, 3, 4, 5, 19, 20, 5000)]
    [1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 60.0, 60.0]
    """
    longest_s = _WAIT_S if attempts < _PATIENT_AFTER else _LONGEST_WAIT_S
    return timedelta(seconds=min(longest_s, 2 ** min(attempts - 1, 6)))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What must enter the outbox for one incident, and what must leave it."""

    calls: Sequence[Call] = ()
    outdated: Sequence[Called] = ()

    @property
    def stands(self) -> bool:
        """Whether the outbox is as it must be."""
        return not (self.calls or self.outdated)


def _settle(unit: Unit, incident_id: str) -> None:
    """Make the outbox of one incident as its policy asks for."""
    # read again under the unit's lock: somebody may have acknowledged meanwhile
    plan = _plan(unit.conn, incidents.get(unit.conn, incident_id), unit.now)
    oncall.call_off(unit, incident_id, plan.outdated)
    pages.add(unit, incident_id, plan.calls)


def _plan(conn: sa.Connection, incident: Incident, now: datetime) -> _Plan:
    grave = incident.detected_at if lifecycle.pages(incident.severity) else None
    paging_from = incident.paging_from or grave
    if paging_from is None or incident.acknowledged_at or incident.resolved_at:
        joined = joining.plan(conn, incident, now)
        return _Plan(joined.calls, joined.outdated)
    policy = incidents.policy(conn, incident.id)
    called = pages.calls(conn, incident.id)
    overrides = oncall.overrides(conn, now)
    calls = next_actions(
        policy,
        called,
        overrides=overrides,
        opened_at=paging_from,
        acknowledged_at=incident.acknowledged_at,
        resolved_at=incident.resolved_at,
        now=now,
    )
    gone = outdated(policy, called, overrides=overrides, now=now)
    joined = joining.plan(conn, incident, now, called, calls)
    return _Plan((*calls, *joined.calls), (*gone, *joined.outdated))


def _notice(rings: Rings, page: PageRow) -> Notice:
    with rings.database.reading() as conn:
        incident = incidents.get(conn, page.incident)
        policy = incidents.policy(conn, page.incident)
        members = alerts.of_incident(conn, page.incident)
        entries = incidents.timeline(conn, page.incident)
    join = is_join(page.rung)
    again = 0 if join else sum(lifecycle.AGAIN in entry.facts for entry in entries)
    firing = [one.alert for one in members if one.state == AlertState.FIRING]
    told = message.Told(
        name=incident.name,
        title=incident.title,
        severity=incident.severity.name,
        severity_why=incident.severity_why,
        system=incident.system,
        slice=incident.slice.label,
        since=incident.impact_from or incident.detected_at,
        evidence=wording.roll(firing),
        war_room=incident.war_room or "",
    )
    return message.compose(
        told,
        # after an expiry the first step comes a second time: another page, not the same again
        key=f"{page.key}/{again}" if again else page.key,
        address=page.contact.address,
        at=page.due_at,
        incident=incident.id,
        incident_url=f"{rings.base_url.rstrip('/')}/incidents/{incident.number}",
        acknowledge_url=acknowledge_url(rings.base_url, rings.secret, page.id),
        reason=f"you are {page.why}"
        if join
        else message.reason(page.rung, page.round, len(policy.steps), page.why),
        answer="I join" if join else "I have it",
        taken=sum(entry.kind is EntryKind.ACKNOWLEDGED for entry in entries),
    )


def _record_receipt(rings: Rings, page: PageRow, receipt: Receipt) -> None:
    with rings.database.unit(_ACTOR, rings.clock()) as unit:
        if pages.accepted(unit, page, receipt):
            way = _WAYS.get(receipt.channel, receipt.channel)
            odd = f": {page.why}" if page.why else ""
            _tell(unit, page, f"paged {page.contact.person} by {way}{odd}")
        reach.accepted(unit, page.contact)


def _record_failure(rings: Rings, page: PageRow, error: DeliveryError) -> None:
    now = rings.clock()
    with rings.database.unit(_ACTOR, now) as unit:
        next_try_at = now + wait_after(page.attempts) if error.retryable else None
        if pages.failed(unit, page, str(error), next_try_at):
            then = _keep_trying(unit, page) if error.retryable else _turn_to_others(unit, page)
            if then is not None:
                who = f"{page.contact.person} by {page.contact.channel}"
                _tell(unit, page, f"could not page {who}{then[0]}: {error}{then[1]}")
        reach.failed(unit, page.contact, str(error))


def _record_fault(rings: Rings, page: PageRow, fault: Exception) -> None:
    # the words of a fault that is none of ours may hold anything: its kind is enough
    why = str(fault) if isinstance(fault, TocsinError) else type(fault).__name__
    with rings.database.unit(_ACTOR, rings.clock()) as unit:
        if pages.stuck(unit, page, f"it could not be composed: {why}") and page.attempts == 1:
            with suppress(TocsinError), unit.part():  # the incident may be what cannot be read
                who = f"{page.contact.person} by {page.contact.channel}"
                _tell(unit, page, f"could not compose the page to {who} yet, trying again: {why}")


def _keep_trying(unit: Unit, page: PageRow) -> tuple[str, str] | None:
    """After some tries that failed, call by the person's next way as well; return what to say."""
    if page.attempts == _TRIES_OF_ONE_WAY and (other := _next_way(unit, page)):
        pages.add(unit, page.incident, [other])
        return "", f"; trying {other.contact.channel} as well"
    return (" yet, trying again", "") if page.attempts == 1 else None


def _turn_to_others(unit: Unit, page: PageRow) -> tuple[str, str]:
    """Call by the person's next way, else whoever comes next; return what to say."""
    if other := _next_way(unit, page):
        pages.add(unit, page.incident, [other])
        return "", f"; trying {other.contact.channel} at once"
    if _somebody_left(unit, page) or is_join(page.rung):
        return "", ""
    policy = incidents.policy(unit.conn, page.incident)
    overrides = oncall.overrides(unit.conn, unit.now)
    calls = instead(policy, page.rung, overrides=overrides, now=unit.now)
    pages.hasten(unit, page.incident, calls)
    others = ", ".join(call.contact.person for call in calls)
    return "", f"; calling {others} at once" if others else "; the last resort is tried again"


def _next_way(unit: Unit, page: PageRow) -> Call | None:
    """Return the call of the same person by the next way on which they were not called yet."""
    person = page.contact.person
    mine = [one for one in _same_round(unit, page) if one.contact.person == person]
    contact = another_way(
        joining.policy(unit.conn, page.incident, page.rung),
        page.contact,
        oncall.overrides(unit.conn, unit.now),
        taken={one.contact.channel for one in mine},
    )
    return contact and Call(page.rung, page.round, contact, unit.now, page.why)


def _somebody_left(unit: Unit, page: PageRow) -> bool:
    """Return whether somebody of the same step was, or may still be, reached."""
    others = (one for one in _same_round(unit, page) if one.id != page.id)
    return any(one.state != PageState.FAILED for one in others)


def _same_round(unit: Unit, page: PageRow) -> list[PageRow]:
    every = pages.of_incident(unit.conn, page.incident)
    mine = (page.rung, page.round)
    return [one for one in every if one.current and (one.rung, one.round) == mine]


def _tell(unit: Unit, page: PageRow, text: str) -> None:
    incident, entries = lifecycle.note(
        incidents.get(unit.conn, page.incident),
        kind=EntryKind.PAGE,
        text=text,
        actor=_ACTOR,
        now=unit.now,
        entry_id=unit.new_id("ent"),
        facts={"page": page.id, "person": page.contact.person, "channel": page.contact.channel},
    )
    incidents.save(unit, incident, entries)

"""Escalate and deliver: the two duties by which a page is decided, sent, and never lost.

    escalate   open, unacknowledged incident ──policy──▶ rows in the outbox, the next one included
    deliver    due row ──claim (lease)──▶ send, outside any transaction ──▶ receipt or next try

Killed anywhere, either may simply run again: rows are keyed, a claim runs out, and a page whose
receipt was not written is sent once more under the same key.  Neither needs a lease of its own.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.alert import message, wording
from tocsin.alert.links import acknowledge_url
from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError, Reason, Receipt
from tocsin.alert.state import AlertState
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident
from tocsin.jobs.rings import Rings
from tocsin.oncall.escalation import instead, next_actions
from tocsin.oncall.policy import Call
from tocsin.store import alerts, incidents, pages
from tocsin.store.pages import PageRow, PageState
from tocsin.store.unit import Unit

_ACTOR = "tocsin"
_LONGEST_WAIT_S = 60
_WAYS = {"smtp": "e-mail"}


def escalate(rings: Rings, now: datetime) -> None:
    """Put every call that the policies ask for at `now` into the outbox."""
    with rings.database.reading() as conn:
        waiting = [
            incident.id for incident in incidents.open_ones(conn) if _calls(conn, incident, now)
        ]
    for incident_id in waiting:
        with rings.database.unit(_ACTOR, now) as unit:
            # read again under the unit's lock: somebody may have acknowledged meanwhile
            incident = incidents.get(unit.conn, incident_id)
            pages.add(unit, incident_id, _calls(unit.conn, incident, now))


def deliver(rings: Rings, now: datetime) -> None:
    """Send what is due, one page after the other, and return when all were tried."""
    for page in claim(rings, now, rings.senders):
        send(rings, page)


class Delivery:
    """Delivers in a small pool of threads, so that a slow receiver holds up nobody else's page."""

    def __init__(self, senders: int) -> None:
        """Make a pool of `senders` threads."""
        self._senders = senders
        self._pool = ThreadPoolExecutor(senders, thread_name_prefix="tocsin-page")
        self._out: set[Future[None]] = set()

    def run(self, rings: Rings, now: datetime) -> None:
        """Claim as many due pages as threads are free and start to send them.

        Raises:
            Exception: what went wrong in an earlier send that could not be recorded.
        """
        done = {future for future in self._out if future.done()}
        self._out -= done
        # only free threads claim: a page that waits in line would use up its lease
        for page in claim(rings, now, self._senders - len(self._out)):
            self._out.add(self._pool.submit(send, rings, page))
        for future in done:
            future.result()

    def close(self) -> None:
        """Let the sends under way end; they are bound by their notifiers' time limits."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def claim(rings: Rings, now: datetime, limit: int) -> list[PageRow]:
    """Return up to `limit` due pages that are now this worker's to send."""
    if limit <= 0 or not _anything_due(rings, now):
        return []
    with rings.database.unit(_ACTOR, now) as unit:
        claimed = pages.claim(unit, rings.worker, rings.lease, limit)
        wanted: list[PageRow] = []
        for page in claimed:
            incident = incidents.get(unit.conn, page.incident)
            if incident.acknowledged_at is None and incident.resolved_at is None:
                wanted.append(page)
            else:  # taken or over: its pages have done their work
                pages.acknowledge(unit, incident.id, incident.acknowledged_by or _ACTOR)
        return wanted


def send(rings: Rings, page: PageRow) -> None:
    """Send one claimed page, and record what became of it."""
    try:
        receipt = _attempt(rings, page)
    except DeliveryError as error:
        _record_failure(rings, page, error)
    else:
        _record_receipt(rings, page, receipt)


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after the `attempts`-th failed try (from 1): 1, 2, 4 … 60 s.

    >>> [wait_after(n).total_seconds() for n in (1, 2, 3, 7, 5000)]
    [1.0, 2.0, 4.0, 60.0, 60.0]
    """
    return timedelta(seconds=min(_LONGEST_WAIT_S, 2 ** min(attempts - 1, 6)))


def _anything_due(rings: Rings, now: datetime) -> bool:
    with rings.database.reading() as conn:
        # `overdue` is strict; the next microsecond makes what is due at `now` overdue
        return bool(pages.overdue(conn, now + timedelta(microseconds=1)))


def _calls(conn: sa.Connection, incident: Incident, now: datetime) -> list[Call]:
    grave = incident.detected_at if lifecycle.pages(incident.severity) else None
    paging_from = incident.paging_from or grave
    if paging_from is None:
        return []
    return next_actions(
        incidents.policy(conn, incident.id),
        pages.calls(conn, incident.id),
        opened_at=paging_from,
        acknowledged_at=incident.acknowledged_at,
        resolved_at=incident.resolved_at,
        now=now,
    )


def _attempt(rings: Rings, page: PageRow) -> Receipt:
    """Send `page`; every failure leaves as a `DeliveryError` without secrets."""
    notifier = rings.notifiers.get(page.contact.channel)
    if notifier is None:
        raise DeliveryError(
            f"no channel is called {page.contact.channel!r}",
            retryable=False,
            reason=Reason.CONFIGURATION,
        )
    notice = _notice(rings, page)
    try:
        return notifier.send(notice)
    except DeliveryError:
        raise
    except Exception as error:  # noqa: BLE001 - a third party's fault must not lose a page
        raise DeliveryError(
            f"channel {page.contact.channel!r} broke: {type(error).__name__}",
            retryable=True,
            reason=Reason.SERVER,
        ) from None


def _notice(rings: Rings, page: PageRow) -> Notice:
    with rings.database.reading() as conn:
        incident = incidents.get(conn, page.incident)
        policy = incidents.policy(conn, page.incident)
        members = alerts.of_incident(conn, page.incident)
        entries = incidents.timeline(conn, page.incident)
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
    )
    return message.compose(
        told,
        key=page.key,
        address=page.contact.address,
        at=page.due_at,
        incident=incident.id,
        incident_url=f"{rings.base_url.rstrip('/')}/incidents/{incident.number}",
        acknowledge_url=acknowledge_url(rings.base_url, rings.secret, page.id),
        reason=message.reason(page.rung, page.round, len(policy.steps)),
        taken=sum(entry.kind is EntryKind.ACKNOWLEDGED for entry in entries),
    )


def _record_receipt(rings: Rings, page: PageRow, receipt: Receipt) -> None:
    with rings.database.unit(_ACTOR, rings.clock()) as unit:
        if pages.accepted(unit, page, receipt):
            way = _WAYS.get(receipt.channel, receipt.channel)
            _tell(unit, page, f"paged {page.contact.person} by {way}")


def _record_failure(rings: Rings, page: PageRow, error: DeliveryError) -> None:
    now = rings.clock()
    who, what = f"{page.contact.person} by {page.contact.channel}", str(error)
    with rings.database.unit(_ACTOR, now) as unit:
        if error.retryable:
            still_ours = pages.failed(unit, page, what, now + wait_after(page.attempts))
            if still_ours and page.attempts == 1:
                _tell(unit, page, f"could not page {who} yet, trying again: {what}")
            return
        if pages.failed(unit, page, what, None):
            if _another_way(unit, page):
                _tell(unit, page, f"could not page {who}: {what}")
                return
            calls = instead(incidents.policy(unit.conn, page.incident), page.rung, now)
            pages.hasten(unit, page.incident, calls)
            others = ", ".join(call.contact.person for call in calls)
            then = f"calling {others} at once" if others else "the last resort is tried again"
            _tell(unit, page, f"could not page {who}: {what}; {then}")


def _another_way(unit: Unit, page: PageRow) -> bool:
    """Return whether somebody of the same step was, or may still be, reached."""
    return any(
        other.id != page.id
        and (other.rung, other.round) == (page.rung, page.round)
        and other.state != PageState.FAILED
        for other in pages.of_incident(unit.conn, page.incident)
    )


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

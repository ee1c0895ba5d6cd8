"""Letters to subscribers: sent as pages are, by threads of their own, never in the way of a page.

    due row ──claim (lease)──▶ send ──▶ receipt, or the next of some tries

Who left meanwhile is not written to; who never confirmed is forgotten, and old letters are.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tocsin.alert.ports import DeliveryError, Reason, Receipt
from tocsin.base.errors import NotFound
from tocsin.incident.board import Line
from tocsin.incident.board import board as drawn
from tocsin.incident.letter import Letter, announcement, confirmation, reminder
from tocsin.incident.subscriber import Subscriber, confirm_url, hook_secret, leave_url
from tocsin.jobs.delivery import Delivery
from tocsin.jobs.oncall import wait_after
from tocsin.jobs.rings import Rings, Status
from tocsin.store import bulletins, letters, subscribers
from tocsin.store.letters import Kind, LetterRow
from tocsin.store.unit import Unit

MOST_TRIES = 12
"""Then a letter has failed: after some eight minutes of waiting in all."""
LEASE = timedelta(seconds=40)
"""How long a claim on a letter lasts: longer than a mailer may take, since nobody renews it.

A mail server may take 25 s (`timeout_s`), a webhook as long."""
KEPT = timedelta(days=30)
"""How long it is remembered what became of a letter."""
_IN_A_ROW = 500
_SOME_TIME = timedelta(seconds=5)
"""After it a thread comes back, so that a server that is told to stop does."""
_ACTOR = "tocsin"


def deliver(rings: Rings, now: datetime) -> None:
    """Send the letters that are due, one after the other."""
    for letter in claim(rings, now, rings.senders):
        send(rings, letter)


def delivery(senders: int) -> Delivery[LetterRow]:
    """Return a delivery of letters with threads of its own."""
    return Delivery(senders, claim, send_on, _keep)


def send_on(rings: Rings, row: LetterRow) -> None:
    """Send one claimed letter and then those that are due, one by one, for some seconds.

    There may be thousands at once; each is claimed just before it is sent, so that no lease runs
    out in a line, nor while it is sent.
    """
    began = rings.clock()
    for _ in range(_IN_A_ROW):
        send(rings, row)
        more = claim(rings, rings.clock(), 1) if rings.clock() - began < _SOME_TIME else []
        if not more:
            return
        row = more[0]
    send(rings, row)


def _keep(unit: Unit, rows: Sequence[LetterRow], lease: timedelta) -> None:
    letters.renew(unit, rows, max(LEASE, lease))


def claim(rings: Rings, now: datetime, limit: int) -> list[LetterRow]:
    """Return up to `limit` due letters that are now this worker's to send."""
    if rings.status is None or limit <= 0:
        return []
    with rings.database.reading() as conn:
        waiting = letters.due(conn, now)
        late = subscribers.late(conn, now)
    if late:
        with rings.database.unit(_ACTOR, now) as unit:
            subscribers.forget(unit)
            letters.prune(unit, now - KEPT)
    if not waiting:
        return []
    with rings.database.unit(_ACTOR, now, quiet=True) as unit:
        return letters.claim(unit, rings.worker, max(LEASE, rings.lease), limit)


def send(rings: Rings, row: LetterRow) -> None:
    """Send one claimed letter, and record what became of it."""
    if rings.status is None:
        return
    try:
        receipt = _attempt(rings, rings.status, row)
    except NotFound:  # left, or the bulletin is gone: nobody is waiting for it
        with rings.database.unit(_ACTOR, rings.clock(), quiet=True) as unit:
            letters.failed(unit, row, "nobody to tell any more", None)
    except DeliveryError as error:
        _record_failure(rings, row, error)
    else:
        with rings.database.unit(_ACTOR, rings.clock(), quiet=True) as unit:
            letters.accepted(unit, row, receipt)


def _attempt(rings: Rings, status: Status, row: LetterRow) -> Receipt:
    with rings.database.reading() as conn:
        subscriber = subscribers.get(conn, row.subscriber)
    mailer = status.mailers.get(subscriber.way)
    if mailer is None:
        raise DeliveryError(
            f"nobody is told by {subscriber.way.value} any more",
            retryable=False,
            reason=Reason.CONFIGURATION,
        )
    letter = _letter(rings, status, row, subscriber)
    try:
        return mailer.mail(letter)
    except DeliveryError:
        raise
    except Exception as error:  # noqa: BLE001 - a third party's fault must not lose a letter
        raise DeliveryError(
            f"{subscriber.way.value} broke: {type(error).__name__}",
            retryable=True,
            reason=Reason.SERVER,
        ) from None


def _letter(rings: Rings, status: Status, row: LetterRow, to: Subscriber) -> Letter:
    site, base, secret = status.page.site, rings.base_url, rings.secret
    leave = leave_url(base, secret, to.id)
    sign = hook_secret(secret, to.id)
    match row.kind:
        case Kind.CONFIRMATION:
            url = confirm_url(base, secret, to.id)
            return confirmation(
                site, key=row.id, address=to.address, at=row.made_at, url=url, secret=sign
            )
        case Kind.REMINDER:
            return reminder(
                site, key=row.id, address=to.address, at=row.made_at, leave_url=leave, secret=sign
            )
        case Kind.UPDATE:
            with rings.database.reading() as conn:
                bulletin = bulletins.get(conn, row.bulletin)
            post = next(post for post in bulletin.posts if post.id == row.post)
            known = [(one, row.made_at) for one in status.page.components]
            told = drawn(site, known, [bulletin], (), row.made_at)
            cases = (*told.open, *told.past)
            if not cases:
                raise NotFound("its components are not on the status page any more")
            return announcement(
                site,
                cases[0],
                Line(post.at, post.stage, post.text),
                key=row.key,
                address=to.address,
                page_url=f"{base}/status",
                leave_url=leave,
                secret=sign,
            )


def _record_failure(rings: Rings, row: LetterRow, error: DeliveryError) -> None:
    now = rings.clock()
    again = error.retryable and row.attempts < MOST_TRIES
    with rings.database.unit(_ACTOR, now, quiet=True) as unit:
        next_try_at = now + wait_after(row.attempts) if again else None
        letters.failed(unit, row, str(error), next_try_at)

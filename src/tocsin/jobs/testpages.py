"""Test pages: sent as pages are, by the same notifiers, never in the way of a real one.

    due row ──claim (lease)──▶ send ──▶ receipt, or the next of a few tries ──▶ closed there

A receiver that keeps incidents would go on calling about a test: it is told that the test is over
once it was acknowledged, or after a quarter of an hour.
"""

from datetime import datetime, timedelta

from tocsin.alert import message
from tocsin.alert.bulkhead import Bulkhead
from tocsin.alert.links import reached_url
from tocsin.alert.ports import DeliveryError, Follower, Turn
from tocsin.jobs.delivery import Delivery, apart
from tocsin.jobs.oncall import attempt, wait_after
from tocsin.jobs.rings import Rings
from tocsin.store import reach, testpages
from tocsin.store.testpages import PageTest

MOST_TRIES = 5
"""Then a test has failed; a real page would go on."""
_ACTOR = "tocsin"
_OVER_AFTER = timedelta(minutes=15)
_FOR = timedelta(days=1)


def deliver(rings: Rings, now: datetime) -> None:
    """Send the test pages that are due, one after the other."""
    for test in claim(rings, now, rings.senders):
        send(rings, test)


def delivery(senders: int) -> Delivery[PageTest]:
    """Return a delivery of test pages with threads of its own."""
    return apart(senders, claim, send, testpages.renew)


def claim(
    rings: Rings, now: datetime, limit: int, bulkhead: Bulkhead | None = None
) -> list[PageTest]:
    """Return up to `limit` due test pages that are now this worker's to send."""
    with rings.database.reading() as conn:
        waiting = testpages.due(conn, now)
    if not waiting or limit <= 0:
        return []
    with rings.database.unit(_ACTOR, now) as unit:
        return testpages.claim(unit, rings.worker, rings.lease, limit, bulkhead)


def send(rings: Rings, test: PageTest) -> None:
    """Send one claimed test page, and record what became of it."""
    link = reached_url(rings.base_url, rings.secret, test.id)
    try:
        receipt = attempt(
            rings,
            test.contact,
            lambda: message.compose_test(
                key=test.id,
                address=test.contact.address,
                person=test.contact.person,
                asked_by=test.asked_by,
                at=test.asked_at,
                url=link,
            ),
        )
    except DeliveryError as error:
        _record_failure(rings, test, error)
    else:
        with rings.database.unit(_ACTOR, rings.clock()) as unit:
            testpages.accepted(unit, test, receipt)
            reach.accepted(unit, test.contact)


def close(rings: Rings, now: datetime) -> None:
    """Tell receivers that keep incidents that a test is over; one that fails is asked again."""
    with rings.database.reading() as conn:
        found = testpages.open_ones(conn, now - _FOR, now - _OVER_AFTER)
    for test in found:
        notifier = rings.notifiers.get(test.contact.channel)
        if test.receipt is not None and isinstance(notifier, Follower):
            try:
                notifier.follow(test.receipt, Turn.RESOLVED, test.contact.person)
            except DeliveryError as error:
                if error.retryable:
                    continue
        with rings.database.unit(_ACTOR, rings.clock()) as unit:
            testpages.close(unit, test)


def _record_failure(rings: Rings, test: PageTest, error: DeliveryError) -> None:
    now = rings.clock()
    again = error.retryable and test.attempts < MOST_TRIES
    with rings.database.unit(_ACTOR, now) as unit:
        next_try_at = now + wait_after(test.attempts) if again else None
        testpages.failed(unit, test, str(error), next_try_at)
        reach.failed(unit, test.contact, str(error))

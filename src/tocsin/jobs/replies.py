"""Replies: what people judged, sent back to callers that are to be told instead of asking.

    due row ──claim (lease)──▶ signed webhook, outside any transaction ──▶ receipt or next try

A row is due once its judgement cannot be taken back any more.  It is sent as pages are, by threads
of its own: a slow caller never holds up a page.
"""

from datetime import datetime

from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError
from tocsin.base.errors import NotFound
from tocsin.jobs.delivery import Delivery
from tocsin.jobs.oncall import attempt, wait_after
from tocsin.jobs.rings import Rings
from tocsin.oncall.person import Contact
from tocsin.store import referrals, replies
from tocsin.store.replies import Reply

MOST_TRIES = 60
"""Then an answer has failed, after some three quarters of an hour; the caller can still ask."""
_ACTOR = "tocsin"


def deliver(rings: Rings, now: datetime) -> None:
    """Send what is due, one after the other."""
    for reply in claim(rings, now, rings.senders):
        send(rings, reply)


def delivery(senders: int) -> Delivery[Reply]:
    """Return a delivery of answers with threads of its own."""
    return Delivery(senders, claim, send, replies.renew)


def claim(rings: Rings, now: datetime, limit: int) -> list[Reply]:
    """Return up to `limit` due answers that are now this worker's to send."""
    with rings.database.reading() as conn:
        waiting = replies.due(conn, now)
    if not waiting or limit <= 0:
        return []
    with rings.database.unit(_ACTOR, now, quiet=True) as unit:
        return replies.claim(unit, rings.worker, rings.lease, limit)


def send(rings: Rings, reply: Reply) -> None:
    """Send one claimed answer, and record what became of it."""
    try:
        notice = _notice(rings, reply)
        contact = Contact("caller", reply.channel, "")
        receipt = attempt(rings, contact, lambda: notice)
    except NotFound:  # erased meanwhile: nobody is to hear of it
        with rings.database.unit(_ACTOR, rings.clock(), quiet=True) as unit:
            replies.failed(unit, reply, "erased", None)
    except DeliveryError as error:
        now = rings.clock()
        again = error.retryable and reply.attempts < MOST_TRIES
        with rings.database.unit(_ACTOR, now, quiet=True) as unit:
            next_try_at = now + wait_after(reply.attempts) if again else None
            replies.failed(unit, reply, str(error), next_try_at)
    else:
        with rings.database.unit(_ACTOR, rings.clock(), quiet=True) as unit:
            replies.accepted(unit, reply, receipt)


def _notice(rings: Rings, reply: Reply) -> Notice:
    with rings.database.reading() as conn:
        one = referrals.get(conn, reply.referral)
    return Notice(
        key=reply.key,
        address="",
        subject=f"{reply.system}: a person judged {one.facts.prediction_id}",
        text=reply.answer,
        severity="",
        incident="",
        incident_url=f"{rings.base_url}/queue/{one.id}",
        acknowledge_url="",
        at=reply.made_at,
        facts={
            "system": reply.system,
            "referral": one.id,
            "prediction_id": one.facts.prediction_id,
            "answer": reply.answer,
            "revision": str(reply.revision),
        },
    )

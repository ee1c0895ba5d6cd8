"""Subscribers' webhooks: one signed JSON POST per letter, to an address that a stranger chose.

    Tocsin-Signature: t=<seconds since 1970>,v1=<hex of HMAC-SHA256(secret, t + "." + body)>
    Idempotency-Key:  <the letter's key>

The secret is shown to whoever confirms.   Network: addresses of the public Internet alone, those of
networks that the operator opened beside them; the address that was looked at is the one called, so
that a name cannot point elsewhere a moment later.  No proxies, no redirects.
"""

from collections.abc import Sequence

from tocsin.incident.subscriber import Network
from tocsin.integrations.subscriber.hook import Hook
from tocsin.integrations.subscriber.outward import outward

__all__ = ["Hook", "build", "outward"]


def build(allowed: Sequence[Network], timeout_s: float) -> Hook:
    """Return the mailer of subscribers' webhooks.

    Args:
        allowed: networks inside the house that may be called.
        timeout_s: how long each part of a call may take.
    """
    return Hook(outward(allowed, timeout_s), timeout_s)

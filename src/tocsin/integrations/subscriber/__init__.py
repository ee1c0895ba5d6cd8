"""Subscribers' webhooks: one signed JSON POST per letter, to an address that a stranger chose.

    Tocsin-Signature: t=<seconds since 1970>,v1=<hex of HMAC-SHA256(secret, t + "." + body)>
    Idempotency-Key:  <the letter's key>

The secret is shown to whoever confirms.   Network: addresses of the public Internet alone, those of
networks that the operator opened beside them; the address that was looked at is the one called, so
that a name cannot point elsewhere a moment later.  No proxies, no redirects.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing

from tocsin.alert.ports import Notifier
from tocsin.incident.letter import Mailer
from tocsin.incident.statuspage import StatusPage
from tocsin.incident.subscriber import Network, Way
from tocsin.integrations.subscriber.hook import Hook
from tocsin.integrations.subscriber.outward import outward

__all__ = ["Hook", "build", "mailers", "outward"]

Opened = Callable[[AbstractContextManager[Hook]], Hook]
"""Enters something that is to be closed when the server stops: `ExitStack.enter_context`."""
_TIMEOUT_S = 5.0


def build(allowed: Sequence[Network], timeout_s: float) -> Hook:
    """Return the mailer of subscribers' webhooks.

    Args:
        allowed: networks inside the house that may be called.
        timeout_s: how long each part of a call may take.
    """
    return Hook(outward(allowed, timeout_s), timeout_s)


def mailers(
    page: StatusPage, notifiers: Mapping[str, Notifier], opened: Opened
) -> dict[Way, Mailer]:
    """Return who sends letters, by the ways in which people may subscribe.

    Args:
        page: the status page.
        notifiers: the channels; the one that the page names sends e-mail.
        opened: takes what is to be closed at the end.
    """
    found: dict[Way, Mailer] = {}
    channel = notifiers.get(page.mail) if page.mail else None
    if isinstance(channel, Mailer):
        found[Way.MAIL] = channel
    if page.webhooks:
        found[Way.WEBHOOK] = opened(closing(build(page.internal, _TIMEOUT_S)))
    return found

"""Delivery: a small pool of threads that sends what an outbox has due, and keeps what it sends.

    due row ──claim──▶ thread ──send──▶ ...        while it lasts: the lease is renewed

A claim is short, so that a page whose worker died is soon taken over; a send that takes longer
renews it, but not for ever: one that hangs loses its page to whoever claims it next.
A channel that hangs holds up its own pages and nobody else's: it cannot take every thread.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from tocsin.alert.bulkhead import Bulkhead
from tocsin.jobs.rings import Rings
from tocsin.oncall.person import Contact
from tocsin.store.unit import Unit

_Row = TypeVar("_Row")
_ACTOR = "tocsin"
_MOST_RENEWALS = 30
"""Then a send counts as hung, and the page is somebody else's."""


@dataclass(slots=True)
class _Sending(Generic[_Row]):
    """A row that a thread is sending, and since when its lease runs."""

    row: _Row
    leased_at: datetime
    renewals: int = 0


class Delivery(Generic[_Row]):
    """Delivers in a small pool of threads, so that a slow receiver holds up nobody else's page."""

    def __init__(
        self,
        senders: int,
        claim: Callable[[Rings, datetime, int], Sequence[_Row]],
        send: Callable[[Rings, _Row], None],
        renew: Callable[[Unit, Sequence[_Row], timedelta], None],
    ) -> None:
        """Make a pool of `senders` threads that `send` what `claim` takes from an outbox.

        `renew` prolongs the claims on what is still being sent.
        """
        self._senders = senders
        self._claim, self._send, self._renew = claim, send, renew
        self._pool = ThreadPoolExecutor(senders, thread_name_prefix="tocsin-page")
        self._out: dict[Future[None], _Sending[_Row]] = {}

    def run(self, rings: Rings, now: datetime) -> None:
        """Claim as many due pages as threads are free and start to send them.

        Raises:
            Exception: what went wrong in an earlier send that could not be recorded.
        """
        done = [future for future in self._out if future.done()]
        for future in done:
            del self._out[future]
        self._keep(rings, now)
        # only free threads claim: a page that waits in line would use up its lease
        for row in self._claim(rings, now, self._senders - len(self._out)):
            self._out[self._pool.submit(self._send, rings, row)] = _Sending(row, now)
        for future in done:
            future.result()

    def sending(self) -> list[_Row]:
        """Return what the threads hold; a send that hangs is among it, its lease lost or not."""
        return [one.row for one in self._out.values()]

    def close(self) -> None:
        """Let the sends under way end; they are bound by their notifiers' time limits."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _keep(self, rings: Rings, now: datetime) -> None:
        """Renew the leases that have used up a third, or that a clock put back made odd."""
        old = [
            one
            for one in self._out.values()
            if one.renewals < _MOST_RENEWALS
            and not timedelta(0) <= now - one.leased_at < rings.lease / 3
        ]
        if not old:
            return
        with rings.database.unit(_ACTOR, now, quiet=True) as unit:
            self._renew(unit, [one.row for one in old], rings.lease)
        for one in old:
            one.leased_at = now
            one.renewals += 1


class _Addressed(Protocol):
    """A row that goes to a contact."""

    @property
    def contact(self) -> Contact:
        """To whom."""
        ...


_To = TypeVar("_To", bound=_Addressed)


def apart(
    senders: int,
    claim: Callable[[Rings, datetime, int, Bulkhead], Sequence[_To]],
    send: Callable[[Rings, _To], None],
    renew: Callable[[Unit, Sequence[_To], timedelta], None],
) -> Delivery[_To]:
    """Return a delivery whose `claim` passes over channels that hold their share of threads."""

    def pass_over_full(rings: Rings, now: datetime, limit: int) -> Sequence[_To]:
        busy = [row.contact.channel for row in delivery.sending()]
        return claim(rings, now, limit, Bulkhead(senders, busy))

    delivery = Delivery(senders, pass_over_full, send, renew)
    return delivery

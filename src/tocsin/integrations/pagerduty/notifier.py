"""Posts through the courier; decides nothing."""

import httpx

from tocsin.alert.notice import Notice
from tocsin.alert.ports import Receipt, Turn
from tocsin.integrations.http import Courier
from tocsin.integrations.pagerduty import wire
from tocsin.integrations.pagerduty.settings import Settings


class Pagerduty:
    """A `Notifier` and a `Follower`."""

    def __init__(self, settings: Settings, client: httpx.Client) -> None:
        """Hold the settings of one service and the client of the whole process."""
        self._settings = settings
        self._courier = Courier(
            client,
            name="pagerduty",
            timeout_s=settings.timeout_s,
            secrets=(settings.routing_key,),
        )

    def send(self, notice: Notice) -> Receipt:
        """Send one trigger event; no retry here, the delivery duty owns that."""
        self._courier.deliver(wire.to_request(notice, self._settings), wire.judge)
        return Receipt(channel="pagerduty", external_id=wire.dedup_key(notice))

    def follow(self, receipt: Receipt, turn: Turn, by: str) -> None:  # noqa: ARG002 - an event names nobody
        """Acknowledge or resolve the alert there; it takes both for what it does not know."""
        request = wire.to_turn(receipt.external_id, turn, self._settings)
        self._courier.deliver(request, wire.judge)

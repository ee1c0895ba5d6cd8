"""Posts through the courier; decides nothing."""

import httpx

from tocsin.alert.notice import Notice
from tocsin.alert.ports import Receipt, Turn
from tocsin.integrations.http import Courier
from tocsin.integrations.opsgenie import wire
from tocsin.integrations.opsgenie.settings import Settings


class Opsgenie:
    """A `Notifier` and a `Follower`."""

    def __init__(self, settings: Settings, client: httpx.Client) -> None:
        """Hold the settings of one integration and the client of the whole process."""
        self._settings = settings
        self._courier = Courier(
            client, name="opsgenie", timeout_s=settings.timeout_s, secrets=(settings.api_key,)
        )

    def send(self, notice: Notice) -> Receipt:
        """Ask for one alert; no retry here, the delivery duty owns that."""
        self._courier.deliver(wire.to_request(notice, self._settings), wire.judge)
        return Receipt(channel="opsgenie", external_id=wire.alias(notice))

    def follow(self, receipt: Receipt, turn: Turn, by: str) -> None:
        """Acknowledge or close the alert there; it takes both for what it does not know."""
        request = wire.to_turn(receipt.external_id, turn, by, self._settings)
        self._courier.deliver(request, wire.judge)

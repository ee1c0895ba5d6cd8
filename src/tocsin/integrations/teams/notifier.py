"""Posts through the courier; decides nothing."""

import httpx

from tocsin.alert.notice import Notice
from tocsin.alert.ports import Receipt
from tocsin.integrations.http import Courier, secret_parts
from tocsin.integrations.teams import wire
from tocsin.integrations.teams.settings import Settings


class Teams:
    """A `Notifier`."""

    def __init__(self, settings: Settings, client: httpx.Client) -> None:
        """Hold the settings of one workflow and the client of the whole process."""
        self._settings = settings
        self._courier = Courier(
            client,
            name="teams",
            timeout_s=settings.timeout_s,
            secrets=secret_parts(settings.url),
        )

    def send(self, notice: Notice) -> Receipt:
        """Post `notice` once; no retry here, the delivery duty owns that."""
        self._courier.deliver(wire.to_request(notice, self._settings), wire.judge)
        return Receipt(channel="teams", external_id=wire.card_id(notice.key))

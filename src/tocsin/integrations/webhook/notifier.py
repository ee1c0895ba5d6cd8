"""Posts through the courier; decides nothing."""

import httpx

from tocsin.alert.notice import Notice
from tocsin.alert.ports import Receipt
from tocsin.integrations.http import Courier, refusal, secret_parts
from tocsin.integrations.webhook import wire
from tocsin.integrations.webhook.settings import Settings


class Webhook:
    """A `Notifier`.  The client is handed in, so the caller owns pooling, proxies and fakes."""

    def __init__(self, settings: Settings, client: httpx.Client) -> None:
        """Hold the settings of one receiver and the client of the whole process."""
        self._settings = settings
        self._courier = Courier(
            client,
            name="webhook",
            timeout_s=settings.timeout_s,
            secrets=(*secret_parts(settings.url), settings.secret),
        )

    def send(self, notice: Notice) -> Receipt:
        """Post `notice` once; no retry here, the delivery duty owns that."""
        request = wire.to_request(notice, self._settings.url, self._settings.secret)
        self._courier.deliver(request, refusal)  # any 2xx is acceptance
        return Receipt(channel="webhook", external_id=notice.key)

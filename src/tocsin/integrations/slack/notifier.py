"""Posts through the courier; decides nothing."""

import httpx

from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError, Reason, Receipt
from tocsin.integrations.http import Courier, secret_parts
from tocsin.integrations.slack import wire
from tocsin.integrations.slack.settings import Settings


class Slack:
    """A `Notifier` by a webhook, or by the API if there is a token."""

    def __init__(self, settings: Settings, client: httpx.Client) -> None:
        """Hold the settings of one webhook or app and the client of the whole process."""
        self._settings = settings
        self._judge = wire.judge_api if settings.token else wire.judge_webhook
        secrets = (settings.token,) if settings.token else secret_parts(settings.url)
        self._courier = Courier(client, name="slack", timeout_s=settings.timeout_s, secrets=secrets)

    def send(self, notice: Notice) -> Receipt:
        """Post `notice` once; no retry here, the delivery duty owns that."""
        if self._settings.token and not notice.address.strip():
            raise DeliveryError(
                "slack: the contact has no address, so nobody knows where to post",
                retryable=False,
                reason=Reason.CONFIGURATION,
            )
        request = wire.to_request(notice, self._settings)
        answer = self._courier.deliver(request, self._judge)
        return Receipt(channel="slack", external_id=wire.receipt_id(answer, notice))

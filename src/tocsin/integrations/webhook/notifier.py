"""The one file of this folder that touches the network; it decides nothing."""

import httpx

from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError, Reason, Receipt
from tocsin.integrations.webhook import wire
from tocsin.integrations.webhook.settings import Settings


class Webhook:
    """A `Notifier`.  The client is handed in, so the caller owns pooling, proxies and fakes."""

    def __init__(self, settings: Settings, client: httpx.Client) -> None:
        """Hold the settings of one receiver and the client of the whole process."""
        self._settings, self._client = settings, client

    def send(self, notice: Notice) -> Receipt:
        """Post `notice` once; no retry here, the delivery duty owns that."""
        request = wire.to_request(notice, self._settings.secret)
        try:
            # streamed: the status is the answer, a body without end is not waited for
            with self._client.stream(
                "POST",
                self._settings.url,
                content=request.body,
                headers=request.headers,
                timeout=self._settings.timeout_s,
                follow_redirects=False,
            ) as answer:
                status, accepted = answer.status_code, answer.is_success
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DeliveryError(
                f"webhook unreachable: {type(error).__name__}",
                retryable=True,
                reason=Reason.NETWORK,
            ) from None  # a cause may quote the url or a secret; its type is enough
        if not accepted:
            retryable, reason = wire.failure(status)
            raise DeliveryError(f"webhook answered {status}", retryable=retryable, reason=reason)
        return Receipt(channel="webhook", external_id=notice.key)

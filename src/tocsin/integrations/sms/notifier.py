"""Posts through the courier; decides nothing."""

import httpx

from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError, Reason, Receipt
from tocsin.integrations.http import Courier
from tocsin.integrations.sms import wire
from tocsin.integrations.sms.settings import Settings


class Sms:
    """A `Notifier`."""

    def __init__(self, settings: Settings, client: httpx.Client) -> None:
        """Hold the settings of one provider and the client of the whole process."""
        self._settings = settings
        self._courier = Courier(
            client, name="sms", timeout_s=settings.timeout_s, secrets=wire.secrets(settings)
        )

    def send(self, notice: Notice) -> Receipt:
        """Send one message; no retry here, the delivery duty owns that."""
        settings = self._settings
        to = wire.number(notice.address)
        if to is None:
            raise DeliveryError(
                "sms: the contact's address is no telephone number",
                retryable=False,
                reason=Reason.CONFIGURATION,
            )
        request = wire.to_request(notice, to, settings)
        answer = self._courier.deliver(request, lambda it: wire.judge(it, settings.receipt))
        message_id = wire.found(answer, settings.receipt) if settings.receipt else ""
        return Receipt(channel="sms", external_id=message_id or notice.key)

"""The client is handed in and shared."""

import time

import httpx
import pytest

from tests.contracts.notifier import IN_TIME_S, NOTICE, Fault
from tests.integrations.webhook.receiver import Receiver
from tocsin.alert.ports import DeliveryError, Reason
from tocsin.integrations.webhook import Settings, Webhook


def test_a_receiver_that_hangs_costs_no_more_than_the_time_limit() -> None:
    receiver = Receiver(lambda: Fault.HANGS)
    try:
        with httpx.Client(timeout=60) as client:
            settings = Settings(url=receiver.url, secret="0123456789abcdef", timeout_s=0.1)
            started_s = time.monotonic()
            with pytest.raises(DeliveryError) as caught:
                Webhook(settings, client).send(NOTICE)
            assert time.monotonic() - started_s < IN_TIME_S
        assert caught.value.reason == Reason.NETWORK
    finally:
        receiver.close()

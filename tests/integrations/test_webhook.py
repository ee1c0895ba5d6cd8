"""The webhook keeps the notifier contract against a real HTTP server."""

from typing import ClassVar

import httpx
import pytest
from typing_extensions import override

from tests.contracts.notifier import NOTICE, Fault, NotifierContract
from tests.integrations.webhook.receiver import STATUS, Receiver
from tocsin.base.errors import BadInput
from tocsin.integrations.webhook import Settings, Webhook, build, wire


class TestWebhook(NotifierContract):
    secret: ClassVar[str] = "a secret of sixteen characters"

    def setup_method(self) -> None:
        self.fault: Fault | None = None
        self.receiver = Receiver(
            lambda: 200 if self.fault is None else STATUS.get(self.fault, self.fault)
        )
        self.client = httpx.Client()

    def teardown_method(self) -> None:
        self.client.close()
        self.receiver.close()

    @override
    def notifier(self, fault: Fault | None) -> Webhook:
        self.fault = fault
        settings = Settings(
            url=f"{self.receiver.url}?token={self.secret}", secret=self.secret, timeout_s=0.2
        )
        return Webhook(settings, self.client)

    @override
    def received(self) -> list[bytes]:
        return self.receiver.bodies

    def test_the_receiver_can_check_the_signature_and_drop_a_repeated_key(self) -> None:
        self.notifier(None).send(NOTICE)
        headers = self.receiver.headers[0]
        at_s = int(NOTICE.at.timestamp())
        expected = wire.signature(self.receiver.bodies[0], self.secret, at_s)
        assert headers["Tocsin-Signature"] == expected
        assert headers["Idempotency-Key"] == NOTICE.key

    def test_a_redirect_is_not_followed(self) -> None:
        notifier = self.notifier(None)
        self.receiver.answer = lambda: 302
        with pytest.raises(Exception, match="webhook answered 302"):
            notifier.send(NOTICE)


def test_it_is_built_from_texts_and_says_what_is_wrong_with_them() -> None:
    with httpx.Client() as client:
        good = {"url": "https://hooks.example.org/x", "secret": "0123456789abcdef"}
        assert isinstance(build(good, client), Webhook)
        with pytest.raises(BadInput, match="webhook: url is missing"):
            build({"secret": good["secret"]}, client)

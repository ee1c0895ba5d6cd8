"""The webhook keeps the notifier contract against a real HTTP server."""

from typing import ClassVar

import httpx
import pytest
from typing_extensions import override

from tests.contracts.http import HttpNotifierContract
from tests.contracts.notifier import NOTICE
from tests.integrations.http.vendor import Call, Reply
from tocsin.base.errors import BadInput
from tocsin.integrations.webhook import Settings, Webhook, build, wire


class TestWebhook(HttpNotifierContract):
    secret: ClassVar[str] = "a secret of sixteen characters"
    trusts = True

    @override
    def build(self, url: str, timeout_s: float) -> Webhook:
        settings = Settings(
            url=f"{url}?token={self.secret}", secret=self.secret, timeout_s=timeout_s
        )
        return Webhook(settings, self.client)

    @override
    def accepts(self, call: Call) -> Reply:
        return Reply()

    @override
    def keys(self) -> list[str]:
        return [call.headers["Idempotency-Key"] for call in self.vendor.calls]

    def test_the_receiver_can_check_the_signature_and_drop_a_repeated_key(self) -> None:
        self.notifier(None).send(NOTICE)
        (call,) = self.vendor.calls
        at_s = int(NOTICE.at.timestamp())
        expected = wire.signature(call.body, self.secret, at_s)
        assert call.headers["Tocsin-Signature"] == expected
        assert call.headers["Idempotency-Key"] == NOTICE.key


def test_it_is_built_from_texts_and_says_what_is_wrong_with_them() -> None:
    with httpx.Client() as client:
        good = {"url": "https://hooks.example.org/x", "secret": "0123456789abcdef"}
        assert isinstance(build(good, client), Webhook)
        with pytest.raises(BadInput, match="webhook: url is missing"):
            build({"secret": good["secret"]}, client)

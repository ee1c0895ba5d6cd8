"""Both ways into Slack keep the notifier contract against a server that checks its schema."""

import json
from dataclasses import replace
from typing import ClassVar

import httpx
import pytest
from typing_extensions import override

from tests.contracts.http import HttpNotifierContract
from tests.contracts.notifier import NOTICE
from tests.integrations.http.schema import faults
from tests.integrations.http.vendor import Call, Reply
from tests.integrations.slack.schema import ERRORS, MESSAGE_MAX_BYTES, POST, WEBHOOK
from tocsin.alert.ports import DeliveryError
from tocsin.base.errors import BadInput
from tocsin.integrations.slack import Settings, Slack, build


class SlackContract(HttpNotifierContract):
    @override
    def keys(self) -> list[str]:
        return [json.loads(body)["blocks"][-1]["block_id"] for body in self.received()]


class TestWebhook(SlackContract):
    secret: ClassVar[str] = "XXXXXXXXsecretXXXXXXXX"

    @override
    def build(self, url: str, timeout_s: float) -> Slack:
        path = f"{url}/T00000000/B00000000/{self.secret}"
        return Slack(Settings(url=path, timeout_s=timeout_s), self.client)

    @override
    def accepts(self, call: Call) -> Reply:
        wrong = faults(call.body, WEBHOOK, MESSAGE_MAX_BYTES)
        return Reply(400, b"invalid_payload") if wrong else Reply(200, b"ok")

    @pytest.mark.parametrize(
        ("status", "code"),
        [(404, "no_service"), (410, "channel_is_archived"), (403, "action_prohibited")],
    )
    def test_its_code_is_told_on(self, status: int, code: str) -> None:
        notifier = self.notifier(None)
        self.reply = lambda _: Reply(status, code.encode())
        with pytest.raises(DeliveryError, match=f"slack answered {status}: {code}") as caught:
            notifier.send(NOTICE)
        assert not caught.value.retryable

    def test_the_contact_is_called(self) -> None:
        self.notifier(None).send(replace(NOTICE, address="U024BE7LH"))
        (body,) = self.received()
        assert b"<@U024BE7LH>" in body


class TestApp(SlackContract):
    secret: ClassVar[str] = "xoxb-123456789012-secret"

    @override
    def build(self, url: str, timeout_s: float) -> Slack:
        return Slack(Settings(url=url, token=self.secret, timeout_s=timeout_s), self.client)

    @override
    def accepts(self, call: Call) -> Reply:
        if call.headers["Authorization"] != f"Bearer {self.secret}":
            return Reply(200, b'{"ok":false,"error":"invalid_auth"}')
        wrong = faults(call.body, POST, MESSAGE_MAX_BYTES)
        if wrong:  # an error comes with status 200; here another one, to keep it out of `calls`
            return Reply(400, json.dumps({"ok": False, "error": str(wrong)}).encode())
        said = {"ok": True, "channel": "C024BE91L", "ts": "1503435956.000247"}
        return Reply(200, json.dumps(said).encode())

    @pytest.mark.parametrize("code", list(ERRORS))
    def test_an_error_with_status_200_is_an_error(self, code: str) -> None:
        notifier = self.notifier(None)
        self.reply = lambda _: Reply(200, json.dumps({"ok": False, "error": code}).encode())
        with pytest.raises(DeliveryError, match=f"slack answered {code}") as caught:
            notifier.send(NOTICE)
        assert (caught.value.retryable, str(caught.value.reason)) == ERRORS[code]

    def test_it_is_posted_to_the_address_and_the_receipt_names_the_message(self) -> None:
        receipt = self.notifier(None).send(replace(NOTICE, address="C024BE91L"))
        assert receipt.external_id == "C024BE91L:1503435956.000247"
        (body,) = self.received()
        assert json.loads(body)["channel"] == "C024BE91L"

    def test_without_an_address_nothing_is_sent(self) -> None:
        with pytest.raises(DeliveryError, match="no address") as caught:
            self.notifier(None).send(replace(NOTICE, address=" "))
        assert not caught.value.retryable
        assert self.vendor.seen == []


def test_it_is_built_from_texts_and_says_what_is_wrong_with_them() -> None:
    with httpx.Client() as client:
        assert isinstance(build({"token": "xoxb-1"}, client), Slack)
        with pytest.raises(BadInput, match="slack: neither url nor token"):
            build({}, client)

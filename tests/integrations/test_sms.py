"""Text messages keep the notifier contract with a form's provider and a JSON one, calls as well."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import ClassVar
from urllib.parse import parse_qsl

import httpx
import pytest
from typing_extensions import override

from tests.contracts.http import LONG, HttpNotifierContract
from tests.contracts.notifier import NOTICE, UPDATE
from tests.integrations.http.schema import faults
from tests.integrations.http.vendor import Call, Reply
from tests.integrations.sms.schema import BODY_MAX_BYTES, CALL, MESSAGE, SENT
from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError, Receipt
from tocsin.base.errors import BadInput
from tocsin.integrations.sms import Settings, Sms, build, wire

NUMBER = "+15005550006"


class Phoned(Sms):
    """Calls a number whatever the notice's address is: the shared notices have a mail address."""

    @override
    def send(self, notice: Notice) -> Receipt:
        return super().send(replace(notice, address=NUMBER))


class SmsContract(HttpNotifierContract):
    texts: ClassVar[dict[str, str]]

    @override
    def build(self, url: str, timeout_s: float) -> Sms:
        texts = {**self.texts, "url": url, "timeout_s": str(timeout_s)}
        return Phoned(Settings.parse(texts), self.client)

    @override
    def keys(self) -> list[str]:
        return [call.headers["Idempotency-Key"] for call in self.vendor.calls]


def fields(call: Call) -> bytes:
    return json.dumps(dict(parse_qsl(call.body.decode(), strict_parsing=True))).encode()


class TestForm(SmsContract):
    secret: ClassVar[str] = "0123456789-auth-token"
    texts: ClassVar[dict[str, str]] = {
        "body": "To={address}&From=%2B15005550001&Body={text}",
        "username": "AC0123",
        "password": secret,
        "receipt": "sid",
    }

    @override
    def accepts(self, call: Call) -> Reply:
        expected = wire.basic(Settings(url="", username="AC0123", password=self.secret))
        if call.headers["Authorization"] != expected:
            return Reply(401, b'{"code":20003,"message":"Authenticate"}')
        if call.headers["Content-Type"] != "application/x-www-form-urlencoded":
            return Reply(415)
        wrong = faults(fields(call), MESSAGE, BODY_MAX_BYTES)
        if wrong:
            return Reply(400, json.dumps({"code": 21602, "message": str(wrong)}).encode())
        return Reply(201, b'{"sid":"SM87105da94bff44b999e4e6eb90d8eb6a","status":"queued"}')

    @override
    def received(self) -> list[bytes]:
        return [json.loads(fields(call))["Body"].encode() for call in self.vendor.calls]

    def test_the_receipt_is_the_providers(self) -> None:
        receipt = self.notifier(None).send(NOTICE)
        assert receipt == Receipt("sms", "SM87105da94bff44b999e4e6eb90d8eb6a")

    def test_its_complaint_is_told_on(self) -> None:
        notifier = self.notifier(None)
        self.reply = lambda _: Reply(400, b'{"code":21211,"message":"Invalid \'To\' Phone Number"}')
        with pytest.raises(DeliveryError, match="sms answered 400: Invalid 'To' Phone Number"):
            notifier.send(NOTICE)


class TestJson(SmsContract):
    secret: ClassVar[str] = "0123456789-api-key"
    trusts = True
    texts: ClassVar[dict[str, str]] = {
        "form": "json",
        "headers": f"Authorization: App {secret}\nX-Page: {{key}}",
        "body": '{"messages": [{"from": "Tocsin", "destinations": [{"to": "{address}"}],'
        ' "text": "{text}"}]}',
    }

    @override
    def accepts(self, call: Call) -> Reply:
        if call.headers["Authorization"] != f"App {self.secret}":
            return Reply(401)
        if call.headers["Content-Type"] != "application/json":
            return Reply(415)
        return Reply(400 if faults(call.body, SENT, BODY_MAX_BYTES) else 200)

    def test_a_header_is_filled_in_too(self) -> None:
        self.notifier(None).send(LONG)
        assert self.vendor.calls[0].headers["X-Page"] == NOTICE.key


class TestCall(SmsContract):
    secret: ClassVar[str] = "0123456789-auth-token"
    trusts = True
    texts: ClassVar[dict[str, str]] = {
        "body": "To={address}&From=%2B15005550001&Twiml=%3CResponse%3E%3CSay%3E{spoken}"
        "%3C%2FSay%3E%3C%2FResponse%3E",
        "username": "AC0123",
        "password": secret,
    }

    @override
    def accepts(self, call: Call) -> Reply:
        said = fields(call)
        if faults(said, CALL, BODY_MAX_BYTES):
            return Reply(400)
        (sentence,) = ET.fromstring(json.loads(said)["Twiml"])
        return Reply(201) if sentence.tag == "Say" and sentence.text else Reply(400)

    @override
    def test_the_receiver_gets_the_words_and_both_links(self) -> None:
        """A voice reads no link aloud; it says what happened and where to look."""
        self.notifier(None).send(NOTICE)
        said = json.loads(fields(self.vendor.calls[0]))["Twiml"]
        for words in ("INC 42", "approvals fell", "Look at your messages to acknowledge"):
            assert words in said

    @override
    def test_what_only_tells_asks_for_no_acknowledgement(self) -> None:
        self.notifier(None).send(UPDATE)
        said = json.loads(fields(self.vendor.calls[0]))["Twiml"]
        assert "approvals fell" in said
        assert "Look at your messages." in said


def test_an_address_that_is_no_number_is_final() -> None:
    with httpx.Client() as client:
        texts = {"url": "https://sms.example.org/{address}/{text}", "method": "GET"}
        with pytest.raises(DeliveryError, match="no telephone number") as caught:
            build(texts, client).send(NOTICE)
        assert not caught.value.retryable
        assert NOTICE.address not in str(caught.value)


def test_it_is_built_from_texts_and_says_what_is_wrong_with_them() -> None:
    with httpx.Client() as client:
        good = {"url": "https://sms.example.org/", "body": "to={address}&text={text}"}
        assert isinstance(build(good, client), Sms)
        with pytest.raises(BadInput, match="sms: url is missing"):
            build({"body": good["body"]}, client)

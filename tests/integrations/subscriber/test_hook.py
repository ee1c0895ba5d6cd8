"""A subscriber's webhook gets signed words of the public page, and no secret shows in an error."""

import hashlib
import hmac
import json
from dataclasses import replace

import pytest

from tests.incident.public import NOW
from tests.integrations.http.vendor import Call, Reply, Vendor
from tocsin.alert.ports import DeliveryError, Receipt
from tocsin.incident.letter import Letter
from tocsin.incident.subscriber import networks
from tocsin.integrations.subscriber import Hook, build

LETTER = Letter(
    key="post_1/sub_1",
    address="",
    subject="Acme: Wrong answers (resolved)",
    text="It is over.\n",
    at=NOW,
    leave_url="https://status.example/status/unsubscribe/sub_1?s=ab",
    secret="0123456789abcdef",
    facts={"kind": "update", "text": "It is over."},
)
HERE = networks(["127.0.0.0/8"])


def sent(reply: Reply, hook: Hook, path: str = "/hook") -> tuple[list[Call], Receipt]:
    """Post the letter to a server of our own; return what it got, and the receipt."""
    calls: list[Call] = []

    def answer(call: Call) -> Reply:
        calls.append(call)
        return reply

    vendor = Vendor(answer)
    try:
        return calls, hook.mail(replace(LETTER, address=f"{vendor.url}{path}"))
    finally:
        vendor.close()
        hook.close()


def test_it_is_signed_with_the_subscribers_own_secret() -> None:
    (call,), receipt = sent(Reply(204), build(HERE, 5))
    assert receipt == Receipt("webhook", "post_1/sub_1")
    headers = {name.lower(): value for name, value in call.headers.items()}
    at, proof = (part.partition("=")[2] for part in headers["tocsin-signature"].split(","))
    signed = f"{at}.".encode() + call.body
    assert proof == hmac.new(b"0123456789abcdef", signed, hashlib.sha256).hexdigest()
    assert headers["idempotency-key"] == "post_1/sub_1"
    body = json.loads(call.body)
    assert (body["text"], body["unsubscribe_url"]) == ("It is over.", LETTER.leave_url)


@pytest.mark.parametrize(("status", "retryable"), [(500, True), (410, False), (302, False)])
def test_refusals_are_told_without_the_address(status: int, *, retryable: bool) -> None:
    with pytest.raises(DeliveryError) as refused:
        sent(Reply(status), build(HERE, 5), "/hook-of-aspen?key=s3cr3t")
    assert refused.value.retryable is retryable
    assert "s3cr3t" not in str(refused.value)
    assert "hook-of-aspen" not in str(refused.value)


def test_without_leave_our_own_machine_is_not_called() -> None:
    with pytest.raises(DeliveryError, match="cannot be called so") as refused:
        sent(Reply(204), build((), 5))
    assert not refused.value.retryable

"""One try, one answer or one error; never a secret."""

import traceback

import httpx
import pytest

from tests.integrations.http.vendor import Call, Reply, Vendor
from tocsin.alert.ports import DeliveryError, Reason
from tocsin.integrations.http.answers import Answer, Refusal, refusal
from tocsin.integrations.http.courier import ANSWER_MAX_BYTES, Courier
from tocsin.integrations.http.request import Request

SECRET = "s3cr/t key"


def courier(client: httpx.Client) -> Courier:
    return Courier(client, name="pigeon", timeout_s=30, secrets=(SECRET, "abc", ""))


def refused(words: str) -> Refusal:
    return Refusal(words, False, Reason.REJECTED)


def test_the_beginning_of_an_answer_is_kept() -> None:
    vendor = Vendor(lambda _: Reply(200, b"x" * (ANSWER_MAX_BYTES + 5)))
    try:
        with httpx.Client() as client:
            answer = courier(client).deliver(Request(vendor.url, b"", {}), refusal)
        assert answer == Answer(200, b"x" * ANSWER_MAX_BYTES)
    finally:
        vendor.close()


@pytest.mark.parametrize(
    "said", [SECRET, "s3cr%2Ft%20key", f"a{SECRET}b{SECRET}", SECRET * 100, "é" * 190 + SECRET]
)
def test_a_secret_is_taken_out_before_words_are_cut(said: str) -> None:
    vendor = Vendor(lambda _: Reply(400))
    try:
        with httpx.Client() as client, pytest.raises(DeliveryError) as caught:
            courier(client).deliver(Request(vendor.url, b"", {}), lambda _: refused(said))
        assert "s3cr" not in str(caught.value)
        assert "***" in str(caught.value)
        assert len(str(caught.value)) < 250
    finally:
        vendor.close()


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request("https://x.org:s3cr/", b"", {}), Reason.CONFIGURATION),
        (Request("pigeon://example.org/s3cr", b"", {}), Reason.CONFIGURATION),
        (Request("http://127.0.0.1:9/", b"", {"A": "s3crét"}), Reason.CONFIGURATION),
        (Request("http://127.0.0.1:9/s3cr", b"", {}), Reason.NETWORK),
    ],
)
def test_what_cannot_be_sent_says_so_and_holds_nothing_of_it(
    request_: Request, reason: Reason
) -> None:
    with httpx.Client() as client, pytest.raises(DeliveryError) as caught:
        courier(client).deliver(request_, refusal)
    assert caught.value.reason == reason
    assert caught.value.retryable == (reason == Reason.NETWORK)
    assert "s3cr" not in "".join(traceback.format_exception(caught.value))


def test_a_header_that_is_two_lines_is_not_sent() -> None:
    vendor = Vendor(lambda _: Reply())
    try:
        with httpx.Client() as client, pytest.raises(DeliveryError) as caught:
            courier(client).deliver(Request(vendor.url, b"", {"A": "s3cr\r\nB: c"}), refusal)
        assert caught.value.reason == Reason.CONFIGURATION
        assert "s3cr" not in str(caught.value)
        assert vendor.seen == []
    finally:
        vendor.close()


def test_a_packed_answer_is_not_asked_for_and_not_unpacked() -> None:
    calls: list[Call] = []

    def reply(call: Call) -> Reply:
        calls.append(call)
        return Reply(200, b"\x1f\x8b", {"Content-Encoding": "gzip"})

    vendor = Vendor(reply)
    try:
        with httpx.Client() as client:
            answer = courier(client).deliver(Request(vendor.url, b"", {}, "PUT"), refusal)
        assert answer.body == b"\x1f\x8b"
        assert calls[0].headers["Accept-Encoding"] == "identity"
        assert calls[0].method == "PUT"
    finally:
        vendor.close()

"""The responder waits for what must happen, and says what did not."""

import httpx
import pytest

from tocsin.cli.demo.responder import Gone, Responder


def responder(answer: httpx.Response) -> Responder:
    transport = httpx.MockTransport(lambda _: answer)
    return Responder(httpx.Client(transport=transport, base_url="http://t"))


def test_what_never_happens_is_said_by_name() -> None:
    with pytest.raises(Gone, match="a page did not happen within 0 s"):
        responder(httpx.Response(200)).wait("a page", lambda: None, timeout_s=0)


def test_what_happened_is_returned_at_once() -> None:
    assert responder(httpx.Response(200)).wait("it", lambda: 7, timeout_s=0) == 7


def test_a_refusal_is_an_error() -> None:
    refused = httpx.Response(403, request=httpx.Request("GET", "http://t/x"))
    with pytest.raises(httpx.HTTPStatusError):
        responder(refused).get("/x")


def test_json_and_text_are_read() -> None:
    assert responder(httpx.Response(200, json={"a": 1})).get("/x") == {"a": 1}
    assert responder(httpx.Response(200, text="hello")).text("/x") == "hello"

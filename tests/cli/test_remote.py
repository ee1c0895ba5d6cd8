"""What servers answer, in the words of the command line."""

from collections.abc import Callable

import httpx
import pytest

from tocsin.base.errors import BadInput, Conflict, Forbidden, NotFound, TocsinError, Unavailable
from tocsin.cli.remote import Remote, refusal, remote


def fault(status: int) -> httpx.Response:
    body = {"error": {"what": "it broke", "where": "row 3", "do": "mend it"}}
    return httpx.Response(status, json=body)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadInput),
        (401, Forbidden),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (422, BadInput),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_each_status_becomes_the_error_that_says_what_to_do(
    status: int, kind: type[TocsinError]
) -> None:
    error = refusal(fault(status))
    assert type(error) is kind
    assert "it broke" in str(error)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "text"}', b"\xff"])
def test_an_answer_without_a_reason_is_still_one_sentence(body: bytes) -> None:
    assert "502" in str(refusal(httpx.Response(502, content=body)))


def asking(answer: Callable[[httpx.Request], httpx.Response]) -> Remote:
    transport = httpx.MockTransport(answer)
    return Remote(httpx.Client(base_url="http://tocsin", transport=transport))


def test_writes_carry_a_fresh_key_and_reads_none() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Idempotency-Key"))
        return httpx.Response(200, json={})

    server = asking(answer)
    with server.client:
        server.get("/v1/incidents")
        server.post("/v1/incidents")
        server.post("/v1/incidents")
    assert seen[0] is None
    assert seen[1]
    assert seen[1] != seen[2]


def test_a_server_that_is_no_tocsin_is_told() -> None:
    server = asking(lambda _request: httpx.Response(200, text="hello"))
    with server.client, pytest.raises(Unavailable, match="check --url"):
        server.get("/v1/incidents")


def test_silence_is_told() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    server = asking(answer)
    with server.client, pytest.raises(Unavailable, match="did not answer within"):
        server.get("/v1/incidents")


@pytest.mark.parametrize(
    ("url", "token"),
    [("localhost:8470", ""), ("http://ok:port", ""), ("http://ok", "tökén"), ("http://ok", "a\nb")],
)
def test_an_address_or_token_that_is_none_is_refused(url: str, token: str) -> None:
    with pytest.raises(BadInput), remote(url, token):
        pass

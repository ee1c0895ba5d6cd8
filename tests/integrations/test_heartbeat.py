"""One call, as configured."""

import httpx
import pytest

from tocsin.alert.ports import DeliveryError
from tocsin.integrations.heartbeat import heartbeat

URL = "https://beats.example.org/s3cr3t"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_calls_once_as_configured(method: str) -> None:
    seen: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, str(request.url)))
        return httpx.Response(200, stream=httpx.ByteStream(b""))

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        heartbeat(URL, "GET" if method == "GET" else "POST", client)()
    assert seen == [(method, URL)]


@pytest.mark.parametrize("status", [301, 404, 503])
def test_a_refusal_is_an_error_without_the_address(status: int) -> None:
    transport = httpx.MockTransport(
        lambda _request: httpx.Response(
            status, headers={"Location": URL}, stream=httpx.ByteStream(b"")
        )
    )
    with (
        httpx.Client(transport=transport) as client,
        pytest.raises(DeliveryError, match=str(status)) as caught,
    ):
        heartbeat(URL, "POST", client)()
    assert "s3cr3t" not in str(caught.value)

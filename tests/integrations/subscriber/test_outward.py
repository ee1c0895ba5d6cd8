"""Whatever a stranger writes down, nothing inside the house is called."""

import socket
from collections.abc import Callable

import httpx
import pytest

from tocsin.incident.subscriber import networks
from tocsin.integrations.subscriber.outward import Inside, addresses, outward


class Line(httpx.BaseTransport):
    """Keeps what would have gone out."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return httpx.Response(204)


def known(*found: str) -> Callable[[str, int], list[str]]:
    return lambda _host, _port: list(found)


@pytest.mark.parametrize(
    "found",
    [
        *(["127.0.0.1"], ["10.0.0.7"], ["169.254.169.254"], ["::1"], ["fe80::1%eth0"]),
        *(["fd00::7"], ["::ffff:192.168.0.1"], ["0.0.0.0"], ["100.64.0.1"], ["2002:a00:1::"]),
        ["93.184.215.14", "10.0.0.7"],
    ],
)
def test_a_name_that_leads_inside_is_not_called(found: list[str]) -> None:
    line = Line()
    with outward((), 1, under=line, resolve=known(*found)) as client, pytest.raises(Inside):
        client.post("https://hooks.example.org/a")
    assert line.sent == []


def test_the_address_that_was_looked_at_is_the_one_that_is_called() -> None:
    line, asked = Line(), list[tuple[str, int]]()

    def once(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    with outward((), 1, under=line, resolve=once) as client:
        assert client.post("https://hooks.example.org:8443/a?b=c").status_code == 204
    (sent,) = line.sent
    assert str(sent.url) == "https://93.184.215.14:8443/a?b=c"
    assert sent.headers["host"] == "hooks.example.org:8443"
    assert sent.extensions["sni_hostname"] == "hooks.example.org"
    assert asked == [("hooks.example.org", 8443)]


def test_networks_that_were_opened_are_called() -> None:
    line = Line()
    allowed = networks(["10.0.0.0/8"])
    with outward(allowed, 1, under=line, resolve=known("10.0.0.7")) as client:
        client.post("http://hooks.internal/a")
    assert str(line.sent[0].url) == "http://10.0.0.7/a"


def test_a_name_without_address_is_unreachable() -> None:
    def nothing(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    for resolve in (nothing, known()):
        client = outward((), 1, under=Line(), resolve=resolve)
        with client, pytest.raises(httpx.ConnectError):
            client.post("https://nowhere.example.org/")


def test_numbers_in_disguise_are_seen_through() -> None:
    assert addresses("127.1", 443) == ["127.0.0.1"]
    with outward((), 1, under=Line()) as client, pytest.raises(Inside):
        client.post("https://2130706433/")

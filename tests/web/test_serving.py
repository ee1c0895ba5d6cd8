"""Listening."""

import socket
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.web.cast import Watch, site_at
from tocsin.base.errors import BadInput
from tocsin.web.serving import listen, run

Knock = Callable[[str], int]


@contextmanager
def knocking(folder: Path, trusted: Sequence[str]) -> Generator[Knock]:
    """Yield what guesses a sign-in link once, with an X-Forwarded-For, and returns the status."""
    site = site_at(folder, Watch())
    with ExitStack() as stack:
        for one in (site.database, site.committer):
            stack.enter_context(closing(one))
        listener = stack.enter_context(listen("127.0.0.1", 0))
        client = stack.enter_context(httpx.Client(timeout=60))
        served = threading.Thread(target=run, args=(site, listener, trusted))
        served.start()
        stack.callback(served.join)
        stack.callback(site.closing.set)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/sign-in"

        def knock(forwarded: str) -> int:
            headers = {"X-Forwarded-For": forwarded}
            return client.post(url, data={"link": "guessed"}, headers=headers).status_code

        yield knock


def test_behind_a_trusted_proxy_everybody_is_counted_alone(tmp_path: Path) -> None:
    with knocking(tmp_path, ["192.0.2.0/24"]) as knock:
        one = [knock("203.0.113.7, 192.0.2.9") for _ in range(31)]
        assert one == [403] * 30 + [429]
        assert knock("198.51.100.4, 192.0.2.8") == 403
        assert knock("6.6.6.6, 203.0.113.7, 192.0.2.9") == 429  # what they invented is before it


def test_whom_nobody_trusts_cannot_say_who_they_are(tmp_path: Path) -> None:
    with knocking(tmp_path, []) as knock:
        many = [knock(f"203.0.113.{k}, 192.0.2.9") for k in range(31)]
        assert many == [403] * 30 + [429]


def test_a_port_that_is_taken_is_told_before_anything_runs() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(BadInput, match=f"port {port} is in use"):
            listen("127.0.0.1", port)


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(BadInput, match="--host"):
        listen("192.0.2.1", 0)


def test_answers_are_sent_at_once() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP, "asyncio sets TCP_NODELAY only then"

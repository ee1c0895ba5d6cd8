"""Listening."""

import socket

import pytest

from tocsin.base.errors import BadInput
from tocsin.web.serving import listen


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

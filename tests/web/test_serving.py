"""The port is taken before anything else is touched."""

import socket

import pytest

from tocsin.base.errors import BadInput
from tocsin.web.serving import listen


def test_a_port_in_use_is_one_error_that_names_it() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(BadInput, match=f"port {port} is in use"):
            listen("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(BadInput, match="address of this machine"):
        listen("192.0.2.1", 8470)


def test_a_free_port_is_listened_on() -> None:
    with listen("127.0.0.1", 0) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"

"""Encryption, login and time limits, against a real server."""

import socket
import ssl
import threading
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.certificates import draw
from tests.contracts.notifier import IN_TIME_S, NOTICE, Fault
from tests.integrations.smtp.server import PASSWORD, USERNAME, Server
from tocsin.alert.ports import DeliveryError, Reason
from tocsin.integrations.smtp import Settings, Smtp
from tocsin.integrations.smtp.settings import Security


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a PEM file with a key and a certificate of 127.0.0.1."""
    return draw(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(certificate: Path) -> Generator[Server]:
    """Yield a server that demands STARTTLS and a login."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    one = Server(tls=context, login=True)
    yield one
    one.close()


def settings(server: Server, password: str = PASSWORD) -> Settings:
    return Settings(
        host="127.0.0.1",
        port=server.port,
        sender="tocsin@example.org",
        username=USERNAME,
        password=password,
        timeout_s=60,
    )


def test_it_encrypts_logs_in_and_delivers(server: Server, certificate: Path) -> None:
    trust = ssl.create_default_context(cafile=str(certificate))
    receipt = Smtp(settings(server), trust).send(NOTICE)
    assert receipt.external_id.encode() in server.messages[0]


def test_a_wrong_password_is_final_and_not_repeated(server: Server, certificate: Path) -> None:
    trust = ssl.create_default_context(cafile=str(certificate))
    with pytest.raises(DeliveryError, match="answered 535") as caught:
        Smtp(settings(server, "wrong horse"), trust).send(NOTICE)
    assert not caught.value.retryable
    assert caught.value.reason == Reason.CONFIGURATION
    assert server.messages == []


def test_a_certificate_nobody_vouches_for_is_refused(server: Server) -> None:
    with pytest.raises(DeliveryError, match="certificate is not trusted") as caught:
        Smtp(settings(server)).send(NOTICE)
    assert not caught.value.retryable
    assert server.messages == []


def test_without_starttls_nothing_is_sent_in_the_clear() -> None:
    plain = Server()
    try:
        with pytest.raises(DeliveryError, match="offers no STARTTLS") as caught:
            Smtp(settings(plain)).send(NOTICE)
        assert not caught.value.retryable
        assert plain.messages == []
    finally:
        plain.close()


def test_a_server_that_hangs_costs_no_more_than_the_time_limit() -> None:
    server = Server()
    server.fault = Fault.HANGS
    try:
        open_ = Settings(
            host="127.0.0.1",
            port=server.port,
            sender="tocsin@example.org",
            security=Security.NONE,
            timeout_s=0.2,
        )
        started_s = time.monotonic()
        with pytest.raises(DeliveryError) as caught:
            Smtp(open_).send(NOTICE)
        assert caught.value.retryable
        assert time.monotonic() - started_s < IN_TIME_S
    finally:
        server.close()


def test_a_name_that_is_looked_up_for_ever_costs_no_more_than_the_time_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = threading.Event()

    def look_up(*_: object, **__: object) -> list[object]:
        found.wait(10)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    nowhere = Settings(host="mail.example.org", port=9, sender="t@example.org", timeout_s=0.2)
    started_s = time.monotonic()
    try:
        with pytest.raises(DeliveryError, match="TimeoutError") as caught:
            Smtp(nowhere).send(NOTICE)
        assert time.monotonic() - started_s < 2
    finally:
        found.set()
    assert caught.value.retryable


@pytest.mark.parametrize("address", ["", "nobody", "a@example.org\nBcc: b@example.org", "ö@x.org"])
def test_what_is_no_address_is_a_fault_of_the_configuration(address: str) -> None:
    nowhere = Settings(host="127.0.0.1", port=9, sender="tocsin@example.org")
    with pytest.raises(DeliveryError, match="no mail address") as caught:
        Smtp(nowhere).send(replace(NOTICE, address=address))
    assert caught.value.reason == Reason.CONFIGURATION

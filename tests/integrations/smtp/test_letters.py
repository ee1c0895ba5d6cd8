"""A letter says how to leave in the way that mailboxes understand, and is no alarm."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest

from tests.incident.public import NOW
from tests.integrations.smtp.server import Server
from tocsin.alert.ports import DeliveryError
from tocsin.incident.letter import Letter
from tocsin.integrations.smtp import Settings, Smtp
from tocsin.integrations.smtp.letters import to_mail
from tocsin.integrations.smtp.settings import Security

LETTER = Letter(
    key="post_1/sub_1",
    address="aspen@example.org",
    subject="Acme: Wrong answers (resolved)",
    text="It is over.\n",
    at=NOW,
    leave_url=f"https://status.example/status/unsubscribe/sub_1?s={'ab' * 40}",
    thread="c0ffee",
)


def test_it_can_be_left_with_one_press() -> None:
    mail = message_from_bytes(to_mail(LETTER, "status@example.org"), policy=default)
    assert mail["List-Unsubscribe"] == f"<{LETTER.leave_url}>"
    raw = to_mail(LETTER, "status@example.org")
    assert f"List-Unsubscribe: <{LETTER.leave_url}>\r\n".encode() in raw
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["To"] == "aspen@example.org"
    assert mail["X-Priority"] is None
    assert mail.get_content().strip() == "It is over."


def test_letters_about_one_incident_are_one_thread_and_equal_ones_equal_bytes() -> None:
    other = replace(LETTER, key="post_2/sub_1")
    one, two = (
        message_from_bytes(to_mail(letter, "s@example.org"), policy=default)
        for letter in (LETTER, other)
    )
    assert one["References"] == two["References"]
    assert one["Message-ID"] != two["Message-ID"]
    assert to_mail(LETTER, "s@example.org") == to_mail(LETTER, "s@example.org")


def test_who_has_not_joined_is_not_asked_to_leave() -> None:
    mail = message_from_bytes(to_mail(replace(LETTER, leave_url=""), "s@e.org"), policy=default)
    assert mail["List-Unsubscribe"] is None


def test_it_goes_out_by_the_same_server_as_pages_do() -> None:
    server = Server()
    settings = Settings(
        host="127.0.0.1",
        port=server.port,
        sender="status@example.org",
        security=Security.NONE,
        timeout_s=5,
    )
    try:
        receipt = Smtp(settings).mail(LETTER)
        assert receipt.external_id.encode() in server.messages[0]
        with pytest.raises(DeliveryError, match="no mail address"):
            Smtp(settings).mail(replace(LETTER, address="aspen\r\nBcc: x@y.z"))
    finally:
        server.close()
    assert len(server.messages) == 1

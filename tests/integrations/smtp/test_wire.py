"""The message, by value."""

import email
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.notifier import NOTICE
from tocsin.alert.notice import Notice
from tocsin.alert.ports import Reason
from tocsin.integrations.smtp.wire import failure, message_id, to_html, to_mail

SENDER = "tocsin@example.org"


def read(notice: Notice) -> EmailMessage:
    return email.message_from_bytes(to_mail(notice, SENDER), policy=default)


def test_the_message_id_follows_the_key_and_the_thread_follows_the_incident() -> None:
    one, again = read(NOTICE), read(replace(NOTICE, text="other words"))
    later = read(replace(NOTICE, key="inc_1/1/0/duty/mail"))
    assert one["Message-ID"] == again["Message-ID"] == message_id(NOTICE.key, SENDER)
    assert later["Message-ID"] != one["Message-ID"]
    assert later["References"] == one["References"]


def test_plain_text_comes_first_and_html_is_its_alternative() -> None:
    parts = list(read(NOTICE).iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert parts[0].get_content().splitlines() == NOTICE.text.splitlines()


def test_a_mailbox_is_told_that_no_person_wrote_it() -> None:
    one = read(NOTICE)
    assert one["Auto-Submitted"] == "auto-generated"
    assert one["Date"] == "Fri, 20 Nov 2026 14:05:00 +0000"


def test_everything_foreign_is_escaped_in_html() -> None:
    evil = replace(NOTICE, text='<script>alert("x")</script>', acknowledge_url='http://x/"><i>')
    html = to_html(evil)
    assert "<script>" not in html
    assert "<i>" not in html
    assert "&lt;script&gt;" in html


def test_the_links_stand_once_as_links() -> None:
    html = to_html(NOTICE)
    assert html.count(NOTICE.acknowledge_url) == 1
    assert f'href="{NOTICE.incident_url}"' in html


@given(st.text(max_size=200), st.text(max_size=400))
def test_no_words_can_forge_a_header(subject: str, text: str) -> None:
    one = read(replace(NOTICE, subject=subject, text=text))
    assert one["To"] == NOTICE.address
    assert one["Bcc"] is None
    assert sorted(set(one.keys())) == sorted(
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "References",
            "Auto-Submitted",
            "X-Priority",
            "MIME-Version",
            "Content-Type",
        ]
    )


def test_an_address_with_a_line_break_is_refused() -> None:
    with pytest.raises(ValueError, match="Header values"):
        to_mail(replace(NOTICE, address="a@example.org\nBcc: b@example.org"), SENDER)


def test_the_retry_table() -> None:
    assert [code for code in range(400, 600) if failure(code)[0]] == list(range(400, 500))
    assert failure(452) == (True, Reason.THROTTLED)
    assert failure(550) == (False, Reason.REJECTED)
    assert failure(535) == (False, Reason.CONFIGURATION)

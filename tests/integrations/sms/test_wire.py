"""The message and the request, by value."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.notifier import NOTICE
from tocsin.integrations.http import Answer
from tocsin.integrations.sms.settings import Settings
from tocsin.integrations.sms.wire import found, judge, number, secrets, spoken, text, to_request

NUMBER = "+15005550006"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("+1 500 555-0006", NUMBER),
        (" (+1)500.555/0006", NUMBER),
        ("whatsapp:+15005550006", "whatsapp:+15005550006"),
        ("12345", "12345"),
        ("", None),
        ("12", None),
        ("+1500555000612345", None),
        ("+1500&To=+1900", None),
        ("azalea@example.org", None),
    ],
)
def test_an_address_is_a_number_or_refused(address: str, expected: str | None) -> None:
    assert number(address) == expected


@given(st.text(), st.integers(150, 1600))
def test_both_links_stay_whole_and_the_rest_fits(subject: str, most: int) -> None:
    message = text(replace(NOTICE, subject=subject), most)
    assert NOTICE.acknowledge_url in message
    assert message.endswith(NOTICE.incident_url)
    assert len(message) <= most


@given(st.text())
def test_a_voice_says_nothing_that_is_markup(subject: str) -> None:
    said = spoken(replace(NOTICE, subject=subject))
    assert not set(said) & set("<>&\"'{}\n")
    assert len(said) <= 300


def test_words_stand_encoded_in_address_and_form() -> None:
    settings = Settings(url="https://x.org/{address}?p={key}", body="b={text}")
    request = to_request(replace(NOTICE, subject="a&b=c"), NUMBER, settings)
    assert request.url == "https://x.org/%2B15005550006?p=inc_1%2F0%2F0%2Flending%2Fmail"
    assert request.body.startswith(b"b=a%26b%3Dc%0AI+have+it%3A+http")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_get_has_no_body_and_says_none() -> None:
    settings = Settings(url="https://x.org/{address}/{text}", method="GET")
    request = to_request(NOTICE, NUMBER, settings)
    assert (request.method, request.body) == ("GET", b"")
    assert "Content-Type" not in request.headers


@pytest.mark.parametrize(
    ("body", "receipt", "expected"),
    [
        (b'{"sid":"SM1"}', "sid", "SM1"),
        (b'{"messages":[{"id":7}]}', "messages.0.id", "7"),
        (b'{"sid":"%s"}' % (b"S" * 900), "sid", "S" * 200),
        (b'{"messages":[]}', "messages.0.id", ""),
        (b'{"messages":{}}', "messages.0.id", ""),
        (b'{"sid":{"a":1}}', "sid", ""),
        (b"sid", "sid", ""),
    ],
)
def test_a_receipt_is_looked_up_by_its_path(body: bytes, receipt: str, expected: str) -> None:
    assert found(Answer(200, body), receipt) == expected
    refused = judge(Answer(200, body), receipt)
    assert (refused is None) == bool(expected)
    assert refused is None or refused.retryable


def test_every_text_that_may_be_a_secret_is_one() -> None:
    settings = Settings(
        url="https://azalea:pass@x.org/v1/account-1?apikey=query-key",
        body="key=body-key-0123&to={address}",
        headers={"Authorization": "Bearer header-key", "X-Page": "{key}"},
        username="azalea",
        password="pass-word",
    )
    expected = {"query-key", "body-key-0123", "header-key", "pass-word", "YXphbGVhOnBhc3Mtd29yZA=="}
    assert expected <= set(secrets(settings))
    assert "{key}" not in secrets(settings)

"""The signed request, by value."""

import hashlib
import hmac
import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.notifier import NOTICE
from tocsin.integrations.http import header_text
from tocsin.integrations.webhook.wire import to_request

SECRET = "0123456789abcdef"
URL = "https://hooks.example.org/x"


def test_the_signature_covers_time_and_body() -> None:
    request = to_request(NOTICE, URL, SECRET)
    at, _, signature = request.headers["Tocsin-Signature"].partition(",v1=")
    signed = at.removeprefix("t=").encode() + b"." + request.body
    assert signature == hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert at == f"t={int(NOTICE.at.timestamp())}"


def test_the_body_is_the_notice() -> None:
    body = json.loads(to_request(NOTICE, URL, SECRET).body)
    assert body["key"] == NOTICE.key
    assert body["acknowledge_url"] == NOTICE.acknowledge_url
    assert body["at"] == "2026-11-20T14:05:00+00:00"


@given(st.text())
def test_a_header_is_one_line_of_ascii_and_tells_keys_apart(text: str) -> None:
    value = header_text(text)
    assert value.isascii()
    assert "\n" not in value
    assert "\r" not in value
    assert to_request(replace(NOTICE, key=text), URL, SECRET).headers["Idempotency-Key"] == value

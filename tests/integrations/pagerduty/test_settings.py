"""What an operator may get wrong."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.pagerduty.settings import Settings

GOOD = {"routing_key": "0123456789abcdef0123456789abcdef"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "x"}, "unknown setting 'key'; known are routing_key, timeout_s, url"),
        ({"routing_key": ""}, "routing_key is missing"),
        ({"routing_key": "short"}, "routing_key has not 32 characters"),
        ({"routing_key": "x" * 31 + " y"}, "routing_key holds a space"),
        ({"url": "http://events.example.org/"}, "in the clear"),
        ({"timeout_s": "60"}, "timeout_s is no number between 0 and 8"),
    ],
)
def test_it_is_refused_with_what_to_do(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        Settings.parse({**GOOD, **change})
    assert caught.value.do


def test_the_key_is_never_shown_and_the_address_is_the_vendors() -> None:
    settings = Settings.parse(GOOD)
    assert settings.url == "https://events.pagerduty.com/v2/enqueue"
    assert GOOD["routing_key"] not in repr(settings)

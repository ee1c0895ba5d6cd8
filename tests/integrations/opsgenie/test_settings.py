"""What an operator may get wrong."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.opsgenie.settings import Settings

GOOD = {"api_key": "eb243592-faa2"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "x"}, "unknown setting 'key'; known are api_key, timeout_s, url"),
        ({"api_key": ""}, "api_key is missing"),
        ({"api_key": "GenieKey eb243592"}, "api_key holds a space"),
        ({"url": "http://api.example.org/"}, "in the clear"),
        ({"timeout_s": "9"}, "timeout_s is no number between 0 and 8"),
    ],
)
def test_it_is_refused_with_what_to_do(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        Settings.parse({**GOOD, **change})
    assert caught.value.do


def test_the_key_is_never_shown_and_the_address_is_the_vendors() -> None:
    settings = Settings.parse(GOOD)
    assert settings.url == "https://api.opsgenie.com/v2/alerts"
    assert GOOD["api_key"] not in repr(settings)

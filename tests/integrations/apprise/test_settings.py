"""What an operator may get wrong."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.apprise.settings import Settings


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "json://x/hush", "urls": "x"}, "unknown setting 'urls'; known are timeout_s, url"),
        ({}, "url is missing or no address"),
        ({"url": "hush.example.org"}, "url is missing or no address"),
        ({"url": "json://x/hush", "timeout_s": "60"}, "timeout_s is no number between 0 and 8"),
    ],
)
def test_it_is_refused_with_what_to_do(settings: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        Settings.parse(settings)
    assert caught.value.do
    assert "hush" not in str(caught.value)


def test_the_address_is_never_shown() -> None:
    settings = Settings.parse({"url": "tgram://hush/{address}", "timeout_s": "2"})
    assert settings.timeout_s == 2
    assert "hush" not in repr(settings)

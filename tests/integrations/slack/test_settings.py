"""What an operator may get wrong."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.slack.settings import Settings

HOOK = "https://hooks.example.org/services/T0/B0/secret"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": HOOK, "channel": "x"}, "unknown setting 'channel'"),
        ({"url": "", "token": ""}, "neither url nor token is set"),
        ({"url": "hooks.example.org"}, "url is missing or no web address"),
        ({"url": HOOK.replace("https", "http")}, "in the clear"),
        ({"token": "Bearer xoxb-1"}, "token holds a space"),
        ({"token": "xoxb-1", "timeout_s": "x"}, "timeout_s is no number"),
    ],
)
def test_it_is_refused_with_what_to_do(settings: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        Settings.parse(settings)
    assert caught.value.do


def test_neither_address_nor_token_is_ever_shown() -> None:
    settings = Settings.parse({"url": HOOK, "token": "xoxb-secret"})
    assert "secret" not in repr(settings)
    assert Settings.parse({"token": "xoxb-1"}).url == "https://slack.com/api/chat.postMessage"

"""Which flag, where, and what turns it off."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.contain.directive import Action
from tocsin.integrations.http import Setting
from tocsin.integrations.launchdarkly import Settings

GOOD: dict[str, Setting] = {
    "project": "lending",
    "environment": "production",
    "flag": "model",
    "token": "api-hush",
    "off_when": ("block", "kill"),
}


def test_the_token_stays_out_of_sight() -> None:
    settings = Settings.parse(GOOD)
    assert settings.off_when == {Action.BLOCK, Action.KILL}
    assert settings.url == "https://app.launchdarkly.com"
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"flag": ""}, "launchdarkly: flag is missing"),
        ({"project": "a/b"}, "project is no key of LaunchDarkly"),
        ({"off_when": ()}, "off_when is missing"),
        ({"off_when": ("explode",)}, "names something that is no action"),
        ({"off_when": "block"}, "off_when is not a list"),
        ({"token": ""}, "token is missing"),
        ({"url": "http://relay.example.org"}, "in the clear"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Setting], what: str) -> None:
    with pytest.raises(BadInput, match=what):
        Settings.parse(GOOD | change)

"""What an operator may get wrong."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.webhook.settings import Settings

GOOD = {"url": "https://hooks.example.org/x", "secret": "0123456789abcdef"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"uri": "x"}, "unknown setting 'uri'; known are secret, timeout_s, url, versions"),
        ({"url": "ftp://example.org"}, "url is missing or no web address"),
        ({"url": "https://"}, "url is missing or no web address"),
        ({"secret": "short"}, "fewer than 16"),
        ({"timeout_s": "soon"}, "timeout_s is no number between 0 and 8"),
        ({"versions": "some"}, "versions is 'some'"),
        ({"timeout_s": "60"}, "timeout_s is no number between 0 and 8"),
    ],
)
def test_it_is_refused_with_what_to_do(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        Settings.parse({**GOOD, **change})
    assert caught.value.do


def test_neither_url_nor_secret_is_ever_shown() -> None:
    settings = Settings.parse({**GOOD, "timeout_s": "2.5"})
    assert settings.timeout_s == 2.5
    assert GOOD["secret"] not in repr(settings)
    assert GOOD["url"] not in repr(settings)


@pytest.mark.parametrize(
    ("written", "meant"), [({}, False), ({"versions": "Yes"}, True), ({"versions": "no"}, False)]
)
def test_a_receiver_knows_versions_only_where_its_owner_says_so(
    written: dict[str, str], meant: bool
) -> None:
    assert Settings.parse({**GOOD, **written}).versions is meant

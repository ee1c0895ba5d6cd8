"""What an operator may get wrong."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.teams.settings import Settings

GOOD = {"url": "https://example.org/workflows/x?sig=hush"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secret": "x"}, "unknown setting 'secret'; known are timeout_s, url"),
        ({"url": "workflows"}, "url is missing or no web address"),
        ({"url": "http://example.org/x"}, "in the clear"),
        ({"timeout_s": "0"}, "timeout_s is no number between 0 and 8"),
    ],
)
def test_it_is_refused_with_what_to_do(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        Settings.parse({**GOOD, **change})
    assert caught.value.do


def test_the_address_is_never_shown() -> None:
    assert "hush" not in repr(Settings.parse(GOOD))

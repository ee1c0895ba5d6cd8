"""The generated reference knows every key."""

import pytest

from tocsin.config.people import PolicyForm
from tocsin.config.reference import markdown
from tocsin.config.schema import ConfigForm, SystemForm


def test_every_key_is_in_the_reference() -> None:
    page = markdown()
    for form in (ConfigForm, SystemForm, PolicyForm):
        for key in form.model_fields:
            assert f"| `{key}` |" in page


@pytest.mark.parametrize(
    "words",
    [
        r"| `on_abort` | `notify` \| `stop` | `notify` |",  # an enum
        r"| `action` | `fallback` \| `review` \| `rollback` \| ",  # one, or none
        r"| `automatic` | `SEV1` \| `SEV2` \| `SEV3` \| `SEV4` | – |",  # a literal, or none
        r"| `severity` | `SEV1` \| `SEV2` \| `SEV3` \| `SEV4` | `SEV4` |",
    ],
)
def test_the_words_that_a_key_allows_are_listed(words: str) -> None:
    assert words in markdown()

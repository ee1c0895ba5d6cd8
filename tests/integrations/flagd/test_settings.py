"""Which flag of which file, and what each action means there."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.contain.directive import Action
from tocsin.integrations.flagd import Settings
from tocsin.integrations.http import Setting

GOOD: dict[str, Setting] = {
    "file": "flags.json",
    "flag": "loans",
    "variants": {"fallback": "rules", "canary": "v{version}"},
}


def test_a_file_is_found_from_where_the_server_was_started() -> None:
    settings = Settings.parse(GOOD)
    assert settings.file.is_absolute()
    assert settings.variants == {Action.FALLBACK: "rules", Action.CANARY: "v{version}"}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"file": ""}, "flagd: file is missing"),
        ({"flag": ""}, "flag is missing"),
        ({"variants": {}}, "variants is missing"),
        ({"variants": {"shadow": "x"}}, "names something that is no action"),
        ({"variants": {"rollback": "old"}}, "variants.rollback does not say which version"),
        ({"url": "x"}, "unknown setting 'url'"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Setting], what: str) -> None:
    with pytest.raises(BadInput, match=what):
        Settings.parse(GOOD | change)

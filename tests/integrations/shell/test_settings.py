"""Commands are lists with full paths; what is wrong is said by name."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.contain.directive import Action
from tocsin.integrations.http import Setting
from tocsin.integrations.shell import Settings

GOOD: dict[str, Setting] = {
    "read": ("/bin/cat", "/etc/model"),
    "write": ("/usr/local/bin/set-model",),
    "values": {"rollback": "v{version}", "block": "off"},
    "env": ("TOKEN",),
}
HAS = {"TOKEN": "hush-hush", "PATH": "/bin", "HOME": "/root", "LANG": "C.UTF-8"}


def test_only_what_is_named_is_passed_on() -> None:
    settings = Settings.parse(GOOD, HAS)
    assert settings.environment == {"PATH": "/bin", "LANG": "C.UTF-8", "TOKEN": "hush-hush"}
    assert settings.values == {Action.ROLLBACK: "v{version}", Action.BLOCK: "off"}
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"read": "cat /etc/model"}, "shell: read is not a list"),
        ({"write": ("set-model",)}, "does not begin with a program's full path"),
        ({"write": ()}, "write is missing"),
        ({"values": {}}, "values is missing"),
        ({"values": {"explode": "x"}}, "names something that is no action"),
        ({"values": {"rollback": "previous"}}, "values.rollback does not say which version"),
        ({"values": "off"}, "values is not a mapping"),
        ({"env": ("OTHER",)}, "environment variable OTHER is not set"),
        ({"timeout_s": "60"}, "timeout_s is no number between"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Setting], what: str) -> None:
    with pytest.raises(BadInput, match=what):
        Settings.parse(GOOD | change, HAS)

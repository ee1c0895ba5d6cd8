"""Actuators are declared for a system; secrets come from the environment."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.config.load import load
from tocsin.contain.directive import Action

SYSTEM = "version: 1\nsystems: {loans: {reference: ref.csv}}\nactuators:\n"
HOOK = """  hook:
    kind: shell
    system: loans
    actions: [rollback, block]
    settings:
      {read: [/bin/cat, "${PLACE}/x"], write: [/bin/w], values: {block: "${OFF}"}, t: "${OFF}!"}
"""


def test_variables_are_filled_in_wherever_a_text_stands() -> None:
    config = load(SYSTEM + HOOK, "tocsin.yaml", {"PLACE": "/etc", "OFF": "off"})
    form = config.actuators["hook"]
    assert form.settings["read"] == ("/bin/cat", "/etc/x")
    assert form.settings["values"] == {"block": "off"}
    assert form.settings["t"] == "off!"
    assert form.actions == (Action.ROLLBACK, Action.BLOCK)
    assert "off" not in repr(form)


def test_without_an_environment_they_stand_as_written() -> None:
    form = load(SYSTEM + HOOK, "tocsin.yaml").actuators["hook"]
    assert form.settings["t"] == "${OFF}!"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("system: loans", "system: loan"), r"tocsin.yaml:6: system 'loan' is not declared"),
        (("[rollback, block]", "[explode]"), "explode"),
        (("kind: shell", "kinds: shell"), "key 'actuators.hook.kind' is missing"),
        (("system: loans\n", "\n"), "key 'actuators.hook.system' is missing"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(change: tuple[str, str], what: str) -> None:
    with pytest.raises(BadInput, match=what):
        load(SYSTEM + HOOK.replace(*change), "tocsin.yaml")


def test_a_variable_that_is_not_set_is_named_with_the_actuator() -> None:
    with pytest.raises(BadInput, match=r"actuators\.hook: environment variable OFF is not set"):
        load(SYSTEM + HOOK, "tocsin.yaml", {"PLACE": "/etc"})

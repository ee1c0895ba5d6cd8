"""The shell actuator keeps the contract with real commands."""

import json
import os
import stat
import time
from pathlib import Path
from typing import ClassVar

import pytest
from typing_extensions import override

from tests.contracts.actuator import ActuatorContract, directive
from tests.contracts.notifier import SLOW, Fault
from tocsin.alert.ports import DeliveryError
from tocsin.base.slices import Slice
from tocsin.contain.directive import Action
from tocsin.integrations.shell import Commands, Settings

READ = """#!/bin/sh
cat "{folder}/setting"
"""
WRITE = """#!/bin/sh
echo x >> "{folder}/writes"
[ "$(cat "{folder}/setting")" = "$TOCSIN_EXPECTING" ] || exit 75
cat > "{folder}/new" && mv "{folder}/new" "{folder}/setting"
"""
FAULTS = {
    Fault.BROKEN: 'echo "it broke; $TOKEN" >&2; exit 75',
    Fault.BUSY: "exit 75",
    Fault.REFUSES: 'echo "no such thing: $TOKEN" >&2; exit 1',
    Fault.FORBIDS: "exit 77",
    Fault.HANGS: "sleep 60 & sleep 60",
    Fault.DRIPS: "while true; do echo x; sleep 0.05; done",
}


class TestCommands(ActuatorContract):
    secret: ClassVar[str] = "a-secret-of-the-environment"
    unknown: ClassVar[dict[Fault, str]] = {Fault.DROPS: "a command has no connection"}

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        (tmp_path / "setting").write_text("8\n")

    def program(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        path.chmod(stat.S_IRWXU)
        return str(path)

    @override
    def actuator(self, fault: Fault | None = None) -> Commands:
        text = f"#!/bin/sh\n{FAULTS[fault]}\n" if fault else ""
        read, write = (
            self.program(name, text or one.format(folder=self.folder))
            for name, one in (("read", READ), ("write", WRITE))
        )
        settings = Settings.parse(
            {
                "read": (read,),
                "write": (write,),
                "values": {"rollback": "v{version}", "threshold": "{threshold}"},
                "env": ("TOKEN",),
                "timeout_s": "0.3" if fault in SLOW else "8",
            },
            {"TOKEN": self.secret, "PATH": os.environ["PATH"], "OTHER": "is not passed on"},
        )
        return Commands(settings)

    @override
    def state(self) -> object:
        return (self.folder / "setting").read_text().strip()

    @override
    def meddle(self) -> None:
        (self.folder / "setting").write_text("9\n")

    @override
    def writes(self) -> int:
        log = self.folder / "writes"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def commands(self, text: str) -> Commands:
        """Return commands that both are `text`."""
        program = self.program("both", f"#!/bin/sh\n{text}\n")
        given = {"read": (program,), "write": (program,), "values": {"block": "off"}}
        return Commands(Settings.parse(given, {"PATH": os.environ["PATH"], "HOME": "/root"}))

    def test_the_environment_is_scrubbed(self) -> None:
        assert json.loads(self.commands("env | cut -d= -f1 | sort | tr '\\n' ' '").read()) in (
            "PATH PWD",
            "PATH PWD SHLVL _",
        )

    def test_output_without_end_is_not_read_to_its_end(self) -> None:
        with pytest.raises(DeliveryError, match="printed too much and was killed"):
            self.commands("yes").read()

    def test_a_killed_command_takes_its_children_along(self) -> None:
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(reader, True)
        slow = f"(echo up; sleep 600) > {pipe} & echo 1; wait"
        program = self.program("slow", f"#!/bin/sh\n{slow}\n")
        given = {"read": (program,), "write": (program,), "values": {"block": "off"}}
        settings = Settings.parse(given | {"timeout_s": "1"}, {"PATH": os.environ["PATH"]})
        with pytest.raises(DeliveryError, match="took too long and was killed"):
            Commands(settings).read()
        started_s = time.monotonic()
        with open(reader, "rb") as said:  # noqa: PTH123 - what is open already
            said.read()  # ends once nobody holds the other end any more
        assert time.monotonic() - started_s < 300

    def test_nothing_from_outside_becomes_part_of_a_command(self) -> None:
        self.actuator()
        bad = directive(to_version='7"; touch "$HOME/x"; $(touch x) `touch x`\n')
        actuator = self.actuator()
        before = actuator.read()
        wanted = actuator.aim(before, [bad])
        actuator.write(wanted, expecting=before, key="act_1")
        assert sorted(path.name for path in self.folder.iterdir()) == [
            "read",
            "setting",
            "write",
            "writes",
        ]

    def test_only_everyone_and_only_what_has_a_value(self) -> None:
        actuator = self.actuator()
        assert not actuator.serves(Action.ROLLBACK, everyone=False)
        assert not actuator.serves(Action.BLOCK, everyone=True)
        assert actuator.serves(Action.THRESHOLD, everyone=True)
        wanted = actuator.aim("8", [directive(Action.THRESHOLD, threshold=0.75, slice=Slice())])
        assert wanted == '"0.75"'

    def test_a_command_that_is_not_there_is_final_and_named(self) -> None:
        given = {"read": ("/no/such/program",), "write": ("/x",), "values": {"block": "off"}}
        with pytest.raises(DeliveryError, match="program cannot be started: No such") as caught:
            Commands(Settings.parse(given, {})).read()
        assert not caught.value.retryable

"""The flag file keeps the contract: replaced in one step, restored to the byte."""

import json
import os
import stat
import threading
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typing_extensions import override

from tests.contracts.actuator import ActuatorContract, directive
from tests.contracts.notifier import SLOW, Fault
from tests.integrations.flagd.schema import complaints
from tocsin.alert.ports import DeliveryError
from tocsin.base.slices import Slice
from tocsin.contain.directive import Action
from tocsin.integrations.flagd import Flag, Settings

FILE = {
    "$schema": "https://flagd.dev/schema/v0/flags.json",
    "flags": {
        "other": {"state": "ENABLED", "variants": {"on": True}, "defaultVariant": "on"},
        "loans": {
            "state": "ENABLED",
            "variants": {"v8": "8", "v7": "7", "rules": "rules"},
            "defaultVariant": "v8",
            "targeting": {"if": [{"==": [{"var": "beta"}, True]}, "v7", None]},
            "metadata": {"owner": "é"},
        },
    },
}
ONLY_HTTP = "a local file is there or not"


class TestFlag(ActuatorContract):
    secret: ClassVar[str] = "a flag file holds none"
    does = directive(Action.FALLBACK, slice=Slice.of({"region": "north"}))
    unknown: ClassVar[dict[Fault, str]] = dict.fromkeys(
        (Fault.BROKEN, Fault.BUSY, Fault.DROPS, *SLOW), ONLY_HTTP
    )

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self.file = tmp_path / "flags.json"
        self.file.write_text(json.dumps(FILE, indent=2, ensure_ascii=False) + "\n")

    @override
    def actuator(self, fault: Fault | None = None) -> Flag:
        if fault is Fault.REFUSES:
            self.file.unlink()
        if fault is Fault.FORBIDS:
            self.file.unlink()
            self.file.mkdir()
        given = {"rollback": "v{version}", "fallback": "rules"}
        return Flag(Settings.parse({"file": str(self.file), "flag": "loans", "variants": given}))

    @override
    def state(self) -> object:
        return self.file.read_bytes()

    @override
    def meddle(self) -> None:
        file: Any = json.loads(self.file.read_text())
        file["flags"]["loans"]["defaultVariant"] = "v7"
        self.file.write_text(json.dumps(file, indent=2, ensure_ascii=False) + "\n")

    @override
    def writes(self) -> int:
        return int(self.file.read_text() != json.dumps(FILE, indent=2, ensure_ascii=False) + "\n")

    def test_the_rest_of_the_file_and_its_rights_stay(self) -> None:
        self.file.chmod(0o640)
        self.applied()
        now: Any = json.loads(self.file.read_text())
        assert complaints(now) == []
        assert now["flags"]["other"] == FILE["flags"]["other"]  # pyright: ignore[reportArgumentType, reportCallIssue, reportIndexIssue]
        assert now["flags"]["loans"]["metadata"] == {"owner": "é"}
        assert stat.S_IMODE(self.file.stat().st_mode) == 0o640
        assert [path.name for path in self.file.parent.iterdir()] == ["flags.json"]

    def test_a_link_stays_a_link(self) -> None:
        real = self.file.with_name("real.json")
        self.file.rename(real)
        self.file.symlink_to(real)
        self.applied()
        assert self.file.is_symlink()
        assert "rules" in real.read_text()

    def test_whoever_reads_meanwhile_sees_the_old_file_or_the_new_one(self) -> None:
        actuator = self.actuator()
        before = actuator.read()
        wanted = actuator.aim(before, [self.does])
        whole, over = {before, wanted}, threading.Event()
        seen: list[str] = []

        def look() -> None:
            while not over.is_set():
                seen.append(actuator.read())

        reader = threading.Thread(target=look)
        reader.start()
        for k in range(40):
            first, second = (before, wanted) if k % 2 == 0 else (wanted, before)
            actuator.write(second, expecting=first, key=str(k))
        over.set()
        reader.join()
        assert set(seen) <= whole

    def test_a_failed_write_leaves_nothing_behind(self, monkeypatch: pytest.MonkeyPatch) -> None:
        actuator = self.actuator()
        before, state = actuator.read(), self.state()
        wanted = actuator.aim(before, [self.does])

        def full(_descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(DeliveryError, match="No space left") as caught:
            actuator.write(wanted, expecting=before, key="act_1")
        assert caught.value.retryable
        assert self.state() == state
        assert [path.name for path in self.file.parent.iterdir()] == ["flags.json"]

    def test_a_pipe_is_no_flag_file(self) -> None:
        self.file.unlink()
        os.mkfifo(self.file)
        with pytest.raises(DeliveryError, match="is no file") as caught:
            self.actuator().read()
        assert not caught.value.retryable

    def test_it_says_whom_it_gives_what(self) -> None:
        actuator = self.actuator()
        assert actuator.says(self.does) == "gives region=north the variant rules of flag loans"
        assert actuator.shows('{"defaultVariant":"v8"}') == "flag loans is v8"

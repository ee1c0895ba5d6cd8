"""An actuator whose setting is a file, so that it outlives the process that changes it.

It can be told to fail, and a `passing` hook is called before and after everything it does to the
setting: a test can let a process die there.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tocsin.alert.ports import DeliveryError, Reason
from tocsin.contain.act import Outlet
from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Step
from tocsin.contain.ports import Value

FIRST = '"as it was"'


@dataclass
class Dial:
    """Carries out reviews and fallbacks by writing down which."""

    file: Path
    faults: list[Exception] = field(default_factory=list[Exception])
    """Raised one by one, at any call."""
    late: list[Exception] = field(default_factory=list[Exception])
    """Raised one by one by a write that had its effect: an answer that came too late."""
    passing: Callable[[str], None] = lambda _: None
    target: str = "dial"
    versions: bool = False
    aims: Value = ""
    """Always aimed at, where it is set."""
    wrote: int = 0
    keys: list[str] = field(default_factory=list[str])

    def serves(self, action: Action, *, everyone: bool) -> bool:
        del everyone
        return action in (Action.REVIEW, Action.FALLBACK)

    @property
    def tells_versions(self) -> bool:
        return self.versions

    def says(self, one: Step | Directive) -> str:
        return f"turns the dial to {one.action.value}"

    def shows(self, value: Value) -> str:
        return f"the dial is at {value}"

    def read(self) -> Value:
        self._fail()
        return self.file.read_text()

    def aim(self, base: Value, directives: Sequence[Directive]) -> Value:
        self._fail()
        if self.aims:
            return self.aims
        assert base == FIRST
        return json.dumps([one.action.value for one in directives])

    def write(self, value: Value, expecting: Value, key: str) -> None:
        self._fail()
        if self.file.read_text() != expecting:
            raise fault(retryable=True)
        self.passing("before the write")
        self.file.write_text(value)
        self.wrote += 1
        self.keys.append(key)
        self.passing("after the write")
        if self.late:
            raise self.late.pop(0)

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


def fault(*, retryable: bool, reason: Reason = Reason.SERVER) -> DeliveryError:
    return DeliveryError("dial said no", retryable=retryable, reason=reason)


def outlet(dial: Dial, system: str = "loans") -> Outlet:
    return Outlet(name="dial", kind="dial", system=system, actuator=dial)


def directive(
    id_: str, now: datetime, incident: str | None, action: Action = Action.REVIEW
) -> Directive:
    return Directive(
        id=id_,
        system="loans",
        action=action,
        incident=incident,
        created_at=now,
        expires_at=now + timedelta(hours=1),
    )

"""Runs the operator's commands; decides nothing."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from tocsin.alert.ports import DeliveryError, Reason
from tocsin.contain.directive import Action, Directive, ranked
from tocsin.contain.plan import Step
from tocsin.contain.ports import Value
from tocsin.integrations.http import cut, json_body, quote
from tocsin.integrations.shell.process import Ended, run
from tocsin.integrations.shell.settings import Settings

TEMPORARY = 75
"""EX_TEMPFAIL of sysexits."""
_WORDS_MAX_CHARS = 200
_SECRET_MIN_CHARS = 4


class Commands:
    """An `Actuator`: whatever two commands of the operator's print and change."""

    def __init__(self, settings: Settings) -> None:
        """Hold the commands."""
        self._settings = settings

    @property
    def target(self) -> str:
        """The commands, shortened: their arguments may hold what need not be read by many."""
        both = "\0".join((*self._settings.read, *self._settings.write))
        return f"{self._settings.write[0]} ({hashlib.sha256(both.encode()).hexdigest()[:12]})"

    def serves(self, action: Action, *, everyone: bool) -> bool:
        """Return whether it has a value for it: for everyone, a value has no slices."""
        return everyone and action in self._settings.values

    @property
    def tells_versions(self) -> bool:
        """Return that it cannot: a value is for whoever reads it."""
        return False

    def says(self, one: Step | Directive) -> str:
        """Return what it does, as an order."""
        return f"runs {self._settings.write[0]} to set {self._value(one)}"

    def shows(self, value: Value) -> str:
        """Return the setting as it was printed."""
        return quote(cut(str(json.loads(value)), _WORDS_MAX_CHARS)) or "empty"

    def read(self) -> Value:
        """Return what the first command prints, without the space around it."""
        said = self._run(self._settings.read, b"")
        try:
            text = said.decode().strip()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise _final("the command that reads printed no text", Reason.REJECTED)
        return json_body(text).decode()

    def aim(self, base: Value, directives: Sequence[Directive]) -> Value:  # noqa: ARG002 - the port's shape
        """Return the value of the directive that comes first."""
        return json_body(self._value(ranked(directives)[0])).decode()

    def write(self, value: Value, expecting: Value, key: str) -> None:
        """Let the second command change the setting."""
        if self.read() != expecting:
            raise DeliveryError(
                "the setting was changed a moment ago", retryable=True, reason=Reason.REJECTED
            )
        told = {"TOCSIN_EXPECTING": json.loads(expecting), "TOCSIN_KEY": key}
        self._run(self._settings.write, f"{json.loads(value)}\n".encode(), told)

    def _value(self, one: Step | Directive) -> str:
        filled = self._settings.values[one.action]
        for name, value in (
            ("{version}", one.to_version or ""),
            ("{percent}", f"{(one.share or 0) * 100:g}"),
            ("{threshold}", f"{one.threshold or 0:g}"),
        ):
            filled = filled.replace(name, value)
        return filled

    def _run(
        self, command: Sequence[str], given: bytes, told: Mapping[str, str] | None = None
    ) -> bytes:
        name = command[0].rpartition("/")[2]
        environment = {**self._settings.environment, **(told or {})}
        try:
            ended = run(command, given, environment, self._settings.timeout_s)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise _final(f"{name} cannot be started: {why}", Reason.CONFIGURATION) from None
        if ended.code == 0:
            return ended.out
        late = ended.code is None
        raise DeliveryError(
            f"{name} {self._words(ended)}",
            retryable=late or ended.code == TEMPORARY,
            reason=Reason.SERVER if late or ended.code == TEMPORARY else Reason.REJECTED,
        )

    def _words(self, ended: Ended) -> str:
        """Return how a command ended and its last line of complaint, without secrets."""
        if ended.code is None:
            return ended.why
        lines = ended.err.decode("utf-8", "replace").strip().splitlines()
        said = quote(lines[-1]) if lines else ""
        for secret in sorted(self._settings.secrets, key=len, reverse=True):
            if len(secret) >= _SECRET_MIN_CHARS:
                said = said.replace(secret, "***")
        how = f"ended with {ended.code}"
        return f"{how}: {cut(said, _WORDS_MAX_CHARS)}" if said else how


def _final(words: str, reason: Reason) -> DeliveryError:
    return DeliveryError(words, retryable=False, reason=reason)

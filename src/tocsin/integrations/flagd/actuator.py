"""Reads and replaces the file; what stands in it is decided in `wire`."""

import json
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import cast

from tocsin.alert.ports import DeliveryError, Reason
from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Step
from tocsin.contain.ports import Value
from tocsin.integrations.flagd import wire
from tocsin.integrations.flagd.settings import Settings
from tocsin.integrations.http import json_body

_FILE_MAX_BYTES = 8 << 20


class Flag:
    """An `Actuator`: the default variant and the targeting of one flag in a file."""

    def __init__(self, settings: Settings) -> None:
        """Hold the settings of one flag."""
        self._settings = settings

    @property
    def target(self) -> str:
        """The flag, and where."""
        return f"flag {self._settings.flag} in {self._settings.file}"

    def serves(self, action: Action, *, everyone: bool) -> bool:
        """Return whether the flag has a variant for it; for any slice."""
        del everyone
        return action in self._settings.variants

    @property
    def tells_versions(self) -> bool:
        """Return that it cannot: a flag knows who asks, not which version would decide."""
        return False

    def says(self, one: Step | Directive) -> str:
        """Return what it does, as an order."""
        variant = wire.variant(one, self._settings.variants)
        whom = f"{one.share:.0%} of {one.slice.label}" if one.share else one.slice.label
        return f"gives {whom} the variant {variant} of flag {self._settings.flag}"

    def shows(self, value: Value) -> str:
        """Return the flag's default variant and whether it has conditions."""
        fields = cast("dict[str, object]", json.loads(value))
        targeting = fields.get("targeting")
        said = f"flag {self._settings.flag} is {fields.get('defaultVariant', 'unset')}"
        if not targeting:
            return said
        text = json.dumps(targeting, ensure_ascii=False)
        return f"{said}, but {text if len(text) <= 200 else text[:199] + '…'}"

    def read(self) -> Value:
        """Return the flag's fields that are ours to change."""
        return _fields(self._flag(self._text()))

    def aim(self, base: Value, directives: Sequence[Directive]) -> Value:
        """Return the fields that carry out `directives`."""
        known = cast("dict[str, object]", self._flag(self._text())["variants"])
        try:
            fields = wire.aimed(json.loads(base), directives, self._settings.variants, list(known))
        except wire.CannotSay as why:
            raise _final(str(why), Reason.REJECTED) from None
        return json_body(fields).decode()

    def write(self, value: Value, expecting: Value, key: str) -> None:  # noqa: ARG002 - the port's shape
        """Replace the file by one with the fields of `value`, everything else as it is."""
        place = Path(os.path.realpath(self._settings.file))
        text = self._text()
        file = wire.parsed(text)
        flag = self._flag(text, file)
        if _fields(flag) != expecting:
            raise DeliveryError(
                "the flag was changed a moment ago", retryable=True, reason=Reason.REJECTED
            )
        fields = cast("dict[str, object]", json.loads(value))
        for name in wire.MOVED:
            if name in fields:
                flag[name] = fields[name]
            else:
                flag.pop(name, None)
        try:
            _replace(place, wire.printed(file, text))
        except OSError as error:
            raise _refused(error) from None

    def _flag(self, text: str, file: dict[str, object] | None = None) -> dict[str, object]:
        try:
            return wire.flag_of(file or wire.parsed(text), self._settings.flag)
        except wire.CannotSay as why:
            raise _final(str(why), Reason.CONFIGURATION) from None

    def _text(self) -> str:
        try:
            # a pipe or a device would never end
            known = self._settings.file.stat()
            if not stat.S_ISREG(known.st_mode) or known.st_size > _FILE_MAX_BYTES:
                raise _final("the flag file is no file of 8 MB at most", Reason.CONFIGURATION)
            return self._settings.file.read_text("utf-8")
        except OSError as error:
            raise _refused(error) from None
        except UnicodeDecodeError:
            raise _final("the flag file is not UTF-8", Reason.CONFIGURATION) from None


def _fields(flag: dict[str, object]) -> Value:
    return json_body({name: flag[name] for name in wire.MOVED if name in flag}).decode()


def _replace(place: Path, text: str) -> None:
    """Put a file in the place of another in one step, with its rights; it is on the disk then."""
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=place.parent, prefix=".tocsin-", delete=False
    ) as new:
        try:
            new.write(text)
            new.flush()
            os.fchmod(new.fileno(), stat.S_IMODE(place.stat().st_mode))
            os.fsync(new.fileno())
            Path(new.name).replace(place)
        except BaseException:
            with suppress(OSError):
                Path(new.name).unlink()
            raise
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _refused(error: OSError) -> DeliveryError:
    """Return the failure; what an operator must mend is final, what a disk may mend is not."""
    mended = isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError)
    reason = Reason.CONFIGURATION if mended else Reason.SERVER
    words = f"the flag file cannot be used: {error.strerror or type(error).__name__}"
    return DeliveryError(words, retryable=not mended, reason=reason)


def _final(words: str, reason: Reason) -> DeliveryError:
    return DeliveryError(words, retryable=False, reason=reason)

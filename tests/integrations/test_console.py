"""The console keeps the notifier contract as far as a terminal can."""

import io
import re
from typing import ClassVar

import httpx
import pytest
from typing_extensions import override

from tests.contracts.notifier import NOTICE, SLOW, Fault, NotifierContract
from tocsin.base.errors import BadInput
from tocsin.integrations.console import Console, Settings, build


class Broken(io.StringIO):
    @override
    def write(self, s: str, /) -> int:
        raise OSError("no space left")


class TestConsole(NotifierContract):
    secret: ClassVar[str] = "there is none"
    unknown: ClassVar[dict[Fault, str]] = dict.fromkeys(
        (Fault.BUSY, Fault.REFUSES, Fault.FORBIDS, *SLOW), "a terminal takes or breaks"
    )

    def setup_method(self) -> None:
        self.stream = io.StringIO()

    @override
    def notifier(self, fault: Fault | None) -> Console:
        if fault == Fault.BROKEN:
            return Console(Settings(), Broken())
        if fault == Fault.DROPS:
            closed = io.StringIO()
            closed.close()
            return Console(Settings(), closed)
        return Console(Settings(), self.stream)

    @override
    def received(self) -> list[bytes]:
        pages = re.split("(?:PAGE|TELL) ", self.stream.getvalue())[1:]
        return [page.rstrip("=\n").encode() for page in pages]

    @override
    def keys(self) -> list[str]:
        return [page.split(b"\nkey ")[1].split(b"\n")[0].decode() for page in self.received()]


def test_it_is_built_without_settings_and_prints_to_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with httpx.Client() as client:
        build({}, client).send(NOTICE)
        assert "INC-42" in capsys.readouterr().err
        with pytest.raises(BadInput, match="unknown setting 'colour'"):
            build({"colour": "red"}, client)

"""The menu, and how errors become exit codes."""

import subprocess
import sys

import pytest

from tocsin.base.errors import BadInput
from tocsin.cli.main import COMMANDS, run, usage
from tocsin.cli.wiring import Wiring


def refuse(*_: object) -> None:
    raise BadInput("port 1 is in use", where="--port", do="choose another")


WIRING = Wiring(serve=refuse, open_database=refuse, count=refuse, write_report=refuse)  # pyright: ignore[reportArgumentType] - never returns


def test_the_menu_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(WIRING, ["--help"]) == 0
    printed = capsys.readouterr().out
    assert printed.strip() == usage().strip()
    assert all(f"  {name} " in printed for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(WIRING, [name, "--help"]) == 0
    assert "Usage: tocsin " + name in capsys.readouterr().out


def test_an_unknown_command_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(WIRING, ["chekc"]) == 2
    assert "did you mean `tocsin check`?" in capsys.readouterr().err


def test_an_unknown_option_is_bad_input() -> None:
    assert run(WIRING, ["up", "--prot", "1"]) == 2


def test_an_error_is_one_message_and_exit_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(WIRING, ["up"]) == 2
    assert capsys.readouterr().err == "tocsin: --port: port 1 is in use; choose another\n"


def test_the_version_is_said() -> None:
    command = [sys.executable, "-m", "tocsin.app", "--version"]
    out = subprocess.run(command, check=True, capture_output=True, text=True)
    assert out.stdout.strip() == "0.1.0"


def test_a_reader_that_stops_early_gets_no_traceback() -> None:
    command = f"{sys.executable} -m tocsin.app --help | head -1"
    out = subprocess.run(command, shell=True, check=True, capture_output=True, text=True)
    assert out.stdout.startswith("Tocsin")
    assert out.stderr == ""

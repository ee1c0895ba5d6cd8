"""Actuators are listed and tried from the command line; nothing is changed by that."""

import json
from pathlib import Path

import pytest

from tocsin.app import count, open_outlets, write_report
from tocsin.cli.main import run
from tocsin.cli.wiring import Wiring

CONFIG = """
version: 1
systems: {loans: {reference: ref.csv}}
actuators:
  flag:
    kind: flagd
    system: loans
    settings: {file: FILE, flag: loans, variants: {fallback: rules, rollback: "v{version}"}}
"""
FLAGS = {
    "flags": {
        "loans": {
            "state": "ENABLED",
            "defaultVariant": "v8",
            "variants": {"v8": "8", "v7": "7", "rules": "rules"},
        }
    }
}


class Terminal:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys, self.flags, self.config = capsys, folder / "flags.json", folder / "t.yaml"
        self.flags.write_text(json.dumps(FLAGS))
        self.config.write_text(CONFIG.replace("FILE", str(self.flags)))

    def run(self, *arguments: str) -> tuple[int, str, str]:
        def never(*_: object) -> None:
            raise AssertionError("not asked for here")

        wiring = Wiring(never, never, count, write_report, open_outlets)  # pyright: ignore[reportArgumentType] - never returns
        code = run(wiring, ["actuators", *arguments, "--config", str(self.config)])
        said = self.capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, capsys)


def test_the_list_says_what_each_can_do_and_where(terminal: Terminal) -> None:
    code, out, _ = terminal.run("list")
    assert code == 0
    assert out.split()[:3] == ["flag", "flagd", "loans"]
    assert "fallback, rollback for any slice" in out
    assert f"flag loans in {terminal.flags}" in out


def test_without_any_the_list_says_how_to_declare_one(terminal: Terminal) -> None:
    terminal.config.write_text(CONFIG.partition("actuators:")[0])
    assert "declare them under `actuators:`" in terminal.run("list")[1]


def test_a_trial_says_what_is_and_what_would_be_and_changes_nothing(terminal: Terminal) -> None:
    before = terminal.flags.read_bytes()
    code, out, _ = terminal.run("try", "flag", "--action", "rollback", "--to-version", "7")
    assert code == 0
    assert out.splitlines() == [
        "now        flag loans is v8",
        "would be   flag loans is v7",
        "because    flag (flagd) gives everyone the variant v7 of flag loans.",
        "nothing was changed",
    ]
    code, out, _ = terminal.run("try", "flag")
    assert (code, out) == (0, "now        flag loans is v8\n")
    assert terminal.flags.read_bytes() == before


def test_what_cannot_be_done_is_said(terminal: Terminal) -> None:
    code, out, _ = terminal.run("try", "flag", "--action", "block")
    assert code == 1
    assert "flag does not carry out block for everyone" in out
    code, _, err = terminal.run("try", "flag", "--action", "rollback")
    assert code == 2
    assert "name the version for a rollback" in err
    code, _, err = terminal.run("try", "flag", "--action", "rollback", "--to-version", "12")
    assert (code, err) == (2, "tocsin: the flag has no variant v12\n")
    code, _, err = terminal.run("try", "bell")
    assert (code, err) == (2, "tocsin: no actuator is called 'bell'; declared are flag\n")
    terminal.flags.unlink()
    code, _, err = terminal.run("try", "flag")
    assert code == 2
    assert "the flag file cannot be used: No such file" in err


def test_what_cannot_tell_versions_apart_says_that_it_does_nothing_of_one(
    terminal: Terminal,
) -> None:
    words = ("--action", "rollback", "--to-version", "7", "--of-version", "8")
    code, out, _ = terminal.run("try", "flag", *words)
    assert code == 1
    said = "flag does not carry out rollback for everyone where version 8 would decide"
    assert out.splitlines()[-1] == f"not done   {said}"

"""A notice on a terminal."""

from dataclasses import replace

from tests.contracts.notifier import NOTICE
from tocsin.integrations.console.wire import to_lines


def test_foreign_text_cannot_drive_the_terminal() -> None:
    evil = replace(NOTICE, subject="a\x1b[2Jb\nc", text="x\x07y\nz")
    lines = to_lines(evil)
    assert "\x1b" not in lines
    assert "\x07" not in lines
    assert "x\\x07y\nz" in lines


def test_key_and_subject_stand_above_the_text() -> None:
    lines = to_lines(NOTICE)
    assert lines.index("SEV1") < lines.index(NOTICE.key) < lines.index("I have it")

import pytest

from tocsin.cli.bar import bar


class Screen:
    """A standard error that is a terminal."""

    def __init__(self) -> None:
        self.written = ""

    def write(self, text: str) -> int:
        self.written += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


def test_a_pipe_sees_nothing_even_if_colours_are_forced(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with bar("counting", 10) as advance:
        advance(4)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_sees_what_is_done_and_how_far(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with bar("counting", 10) as advance:
        advance(4)
        advance(1)
    assert "counting" in screen.written
    assert "50%" in screen.written

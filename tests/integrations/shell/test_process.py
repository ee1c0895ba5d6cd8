"""A command ends, one way or the other, in bounded time with bounded output."""

import time

import pytest

from tocsin.integrations.shell.process import OUTPUT_MAX_BYTES, Ended, run


def sh(script: str, given: bytes = b"", timeout_s: float = 60.0) -> Ended:
    return run(["/bin/sh", "-c", script], given, {"PATH": "/usr/bin:/bin"}, timeout_s)


def test_it_hears_says_complains_and_ends() -> None:
    ended = sh("cat; echo bad >&2; exit 3", b"hello")
    assert ended == Ended(3, b"hello", b"bad\n")


def test_one_that_does_not_listen_is_no_trouble() -> None:
    assert sh("exit 0", b"x" * 1_000_000).code == 0


def test_as_much_as_is_allowed_is_read_whole() -> None:
    ended = sh(f"head -c {OUTPUT_MAX_BYTES} /dev/zero")
    assert (ended.code, len(ended.out)) == (0, OUTPUT_MAX_BYTES)
    assert sh(f"head -c {OUTPUT_MAX_BYTES + 1} /dev/zero >&2").why.startswith("printed too much")


@pytest.mark.parametrize("script", ["sleep 60", "exec >&- 2>&-; sleep 60"])
def test_one_that_hangs_is_killed(script: str) -> None:
    started_s = time.monotonic()
    ended = sh(script, timeout_s=0.2)
    assert (ended.code, ended.why) == (None, "took too long and was killed")
    assert time.monotonic() - started_s < 20


def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        run(["/no/such"], b"", {}, 1)

"""How long the machine runs: the same for all its processes, and comparable within one run only."""

import subprocess
import sys
from datetime import timedelta

import pytest

from tocsin.store.steady import Steady, steady


def test_two_processes_read_one_clock() -> None:
    before = steady()
    if before is None:
        pytest.skip("this system tells no such clock")
    script = (
        "from tocsin.store.steady import steady; one = steady();"
        "print(one.boot, one.since.total_seconds())"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    after = steady()
    assert after is not None
    boot, seconds = said.stdout.split()
    assert boot == before.boot == after.boot
    # printed in microseconds
    assert before.since - timedelta(microseconds=1) <= timedelta(seconds=float(seconds))
    assert timedelta(seconds=float(seconds)) <= after.since + timedelta(microseconds=1)


def test_nothing_is_said_across_a_start_of_the_machine() -> None:
    one, other = Steady("one", timedelta(hours=9)), Steady("other", timedelta(minutes=1))
    assert other.after(one) is None
    assert Steady("one", timedelta(hours=10)).after(one) == timedelta(hours=1)

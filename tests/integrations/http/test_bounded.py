"""A call ends in time, well, badly or unheard."""

import threading
import time
from contextvars import ContextVar

import pytest

from tocsin.integrations.http.bounded import within

COLOUR: ContextVar[str] = ContextVar("colour", default="none")


def test_what_is_raised_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        within(60, lambda: 1 // 0)


def test_what_takes_longer_is_left_to_itself() -> None:
    released, ended = threading.Event(), threading.Event()

    def slow() -> None:
        released.wait(60)
        ended.set()

    started_s = time.monotonic()
    with pytest.raises(TimeoutError):
        within(0.05, slow)
    assert time.monotonic() - started_s < 20
    released.set()
    assert ended.wait(60)


def test_it_runs_in_the_callers_context() -> None:
    token = COLOUR.set("red")
    try:
        assert within(60, COLOUR.get) == "red"
    finally:
        COLOUR.reset(token)

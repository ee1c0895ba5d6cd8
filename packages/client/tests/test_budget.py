"""A time budget for blocking calls."""

import threading
import time
from contextvars import ContextVar

import pytest
from stand_in import PLENTY_S, until

from tocsin_client.budget import Runner


def test_a_call_returns_its_result_or_raises_its_error() -> None:
    runner = Runner()
    assert runner.call(lambda: 7, PLENTY_S) == 7
    with pytest.raises(ValueError, match="income"):
        runner.call(lambda: int("income"), PLENTY_S)
    runner.close()


def test_a_call_that_overruns_is_left_alone_after_its_budget() -> None:
    runner, release = Runner(), threading.Event()
    start_s = time.monotonic()
    with pytest.raises(TimeoutError, match="budget"):
        runner.call(lambda: release.wait(PLENTY_S), 0.05)
    assert time.monotonic() - start_s < PLENTY_S / 2
    assert runner.call(lambda: "the next one runs", PLENTY_S)
    release.set()
    runner.close()


def test_calls_beyond_the_bound_are_refused_at_once() -> None:
    runner, release = Runner(max_threads=1), threading.Event()
    with pytest.raises(TimeoutError, match="budget"):
        runner.call(lambda: release.wait(PLENTY_S), 0.01)
    with pytest.raises(TimeoutError, match="held"):
        runner.call(lambda: 7, PLENTY_S)
    release.set()
    runner.close()


def test_the_callers_context_is_the_calls_context() -> None:
    runner, tenant = Runner(), ContextVar("tenant", default="nobody")
    tenant.set("lending")
    assert runner.call(tenant.get, PLENTY_S) == "lending"
    runner.close()


def test_threads_are_used_again_and_end_on_close() -> None:
    runner = Runner()
    before = set(threading.enumerate())
    names = set[int]()
    for _ in range(20):
        names.add(runner.call(threading.get_ident, PLENTY_S))
        # the thread is back a moment after its answer
        assert until(lambda: runner._idle == 1) < PLENTY_S  # pyright: ignore[reportPrivateUsage]
    mine = [thread for thread in threading.enumerate() if thread not in before]
    assert len(names) == 1
    runner.close()
    for thread in mine:
        thread.join(PLENTY_S)
    assert not any(thread.is_alive() for thread in mine)


def test_a_thread_whose_call_outlives_the_runner_ends_with_its_call() -> None:
    runner, release, running = Runner(), threading.Event(), list[threading.Thread]()

    def late() -> bool:
        running.append(threading.current_thread())
        return release.wait(PLENTY_S)

    with pytest.raises(TimeoutError, match="budget"):
        runner.call(late, 0.01)
    assert until(lambda: bool(running)) < PLENTY_S
    runner.close()
    release.set()
    running[0].join(PLENTY_S)
    assert not running[0].is_alive()

"""A time budget for a blocking call: it runs on another thread, and we stop waiting in time.

Python cannot stop a thread, so a call that overran goes on in the background and its answer is
thrown away; its thread takes the next call only when it is done.  At most `max_threads` calls run
at once; one more is refused at once, which counts as having no time left.  The threads are daemons:
a hanging call cannot keep the process from ending.
"""

import contextvars
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar, cast

T = TypeVar("T")


class Call(Generic[T]):
    """One call on its way, in the context (contextvars) of the thread that waits for it."""

    __slots__ = ("_context", "_done", "_error", "_function", "_result")

    def __init__(self, function: Callable[[], T]) -> None:
        self._function, self._context = function, contextvars.copy_context()
        self._done = threading.Event()
        self._result: T | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Make the call and keep what it returned or raised."""
        try:
            self._result = self._context.run(self._function)
        except BaseException as error:  # noqa: BLE001 - it is raised again on the waiting thread
            self._error = error
        self._done.set()

    def wait(self, timeout_s: float) -> T:
        """Return the result, raise its error, or raise TimeoutError when it is late."""
        if not self._done.wait(timeout_s):
            raise TimeoutError(f"no answer within the time budget of {timeout_s} s")
        if self._error is not None:
            raise self._error
        return cast("T", self._result)


class Runner:
    """Threads that wait for calls; one is added whenever none is idle."""

    def __init__(self, *, max_threads: int = 64) -> None:
        self._calls: queue.SimpleQueue[Call[object] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._max_threads = max_threads
        self._threads = self._idle = 0
        self._closed = False

    def call(self, function: Callable[[], T], timeout_s: float) -> T:
        """Return what `function` returns.

        Raises:
            TimeoutError: it took longer than `timeout_s`, or every thread is taken.
            Exception: whatever `function` raised.
        """
        call = Call(function)
        with self._lock:
            if self._idle:
                self._idle -= 1  # spoken for
            elif self._threads < self._max_threads:
                threading.Thread(target=self._work, name="tocsin-budget", daemon=True).start()
                self._threads += 1
            else:
                raise TimeoutError(
                    f"all {self._max_threads} threads are held by calls that overran"
                )
        self._calls.put(cast("Call[object]", call))
        return call.wait(timeout_s)

    def close(self) -> None:
        """Let the threads end: the idle ones now, each of the others once its call is done."""
        with self._lock:
            self._closed = True
            for _ in range(self._idle):
                self._calls.put(None)
            self._threads -= self._idle
            self._idle = 0

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call.run()
            del call  # an idle thread holds no one's inputs
            with self._lock:
                if self._closed:
                    self._threads -= 1
                    return
                self._idle += 1

"""A bound on a whole call.

The client bounds every wait for the network, yet a receiver that sends one sign now and then keeps
each of them short for ever.  Whoever sends pages must not hang on that: the call runs in a thread
of its own and is left to itself when its time is up.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


def within(limit_s: float, act: Callable[[], T]) -> T:
    """Return what `act` returns, or raise what it raises.

    Raises:
        TimeoutError: it took longer; it may still end well, unheard.

    >>> within(5, lambda: 6 * 7)
    42
    """
    outcome: Future[T] = Future()
    context = copy_context()

    def work() -> None:
        try:
            outcome.set_result(context.run(act))
        except BaseException as error:  # noqa: BLE001 - it is raised where it belongs
            outcome.set_exception(error)

    threading.Thread(target=work, name="tocsin-call", daemon=True).start()
    return outcome.result(limit_s)

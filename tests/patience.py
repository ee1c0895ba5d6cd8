"""How long tests wait: long for what must happen, and never a fixed time for anything."""

from collections.abc import Callable

PATIENCE_S = 60.0
"""Longer than anything takes that must happen, on however busy a machine."""


def best_of_three(seconds: Callable[[], float]) -> float:
    """Return the least time of up to three tries; one below a second is enough.

    What an idle machine does in milliseconds a busy one may do in seconds, but not three times in
    a row, while a wait that is in the code is there each time.
    """
    least_s = float("inf")
    for _ in range(3):
        least_s = min(least_s, seconds())
        if least_s < 1:
            break
    return least_s

"""How many bytes of bodies are in memory at once: what is beyond waits with the sender, not here.

A request takes what its body is said to need before a byte of it is read, and gives it back with
its answer.  One process, one event loop; the lock is for whoever asks from a thread.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tocsin.web.errors import TooMany

RETRY_AFTER_S = 1


@dataclass(slots=True)
class Budget:
    """Bytes that all requests share.  A body larger than all of it is taken when nothing else is.

    >>> budget = Budget(10)
    >>> budget.take(8)
    >>> budget.take(3)
    Traceback (most recent call last):
    tocsin.web.errors.TooMany: 8 of 10 bytes of bodies are taken
    >>> budget.give(8)
    >>> budget.taken
    0
    """

    limit_bytes: int
    taken: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, size_bytes: int) -> None:
        """Take bytes, or refuse.

        Raises:
            TooMany: they are taken by other requests.
        """
        with self._lock:
            if self.taken and self.taken + size_bytes > self.limit_bytes:
                raise TooMany(
                    f"{self.taken:,} of {self.limit_bytes:,} bytes of bodies are taken",
                    retry_after_s=RETRY_AFTER_S,
                )
            self.taken += size_bytes

    def give(self, size_bytes: int) -> None:
        """Give bytes back."""
        with self._lock:
            self.taken -= size_bytes


@dataclass(slots=True)
class Share:
    """What one request has taken of a budget."""

    budget: Budget
    taken: int = 0

    def take(self, size_bytes: int) -> None:
        """Take bytes for this request.

        Raises:
            TooMany: they are taken by other requests.
        """
        self.budget.take(size_bytes)
        self.taken += size_bytes

    def close(self) -> None:
        """Give back all that this request has taken."""
        self.budget.give(self.taken)
        self.taken = 0

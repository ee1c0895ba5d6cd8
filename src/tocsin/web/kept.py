"""One answer that many ask for and that is dear to find: found once, and kept for a moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tocsin.base.errors import Unavailable

WAIT_S = 1.0
"""How long to wait while somebody else finds it; threads are few, and what hangs must not hold all
of them."""
T = TypeVar("T")


@dataclass(slots=True)
class Kept:
    """The answer to one question, of one process."""

    _last: tuple[datetime, Any] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, now: datetime, lasts: timedelta, find: Callable[[], T]) -> T:
        """Return what was found less than `lasts` ago, or find it.

        Raises:
            Unavailable: somebody else is finding it, and that takes long.
        """
        if not self._lock.acquire(timeout=WAIT_S):
            raise Unavailable("this is being found out, and it takes long")
        try:
            # while we waited, the other one's instant may have become the later one
            if self._last is None or abs(now - self._last[0]) >= lasts:
                self._last = (now, find())
            found: T = self._last[1]
            return found
        finally:
            self._lock.release()

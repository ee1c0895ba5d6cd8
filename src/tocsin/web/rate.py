"""A token bucket per address, in this process: enough against guessing and floods on public forms.

Each address may make `per_minute` requests at once and regains them evenly over a minute.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.web.errors import TooMany

KEPT = 10_000
"""Addresses remembered at most; beyond it the full buckets are forgotten, then all."""


@dataclass(slots=True)
class Buckets:
    """The buckets of one route."""

    per_minute: int
    _left: dict[str, tuple[float, datetime]] = field(
        default_factory=dict[str, tuple[float, datetime]]
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, address: str, now: datetime) -> None:
        """Take one token of `address`.

        Raises:
            TooMany: its bucket is empty.
        """
        with self._lock:
            if len(self._left) >= KEPT:
                self._forget(now)
            left = self._level(address, now)
            if left < 1:
                wait_s = math.ceil((1 - left) * 60 / self.per_minute)
                raise TooMany("too many requests from this address", retry_after_s=wait_s)
            self._left[address] = (left - 1, now)

    def __len__(self) -> int:
        """Return how many addresses are remembered."""
        return len(self._left)

    def _level(self, address: str, now: datetime) -> float:
        left, since = self._left.get(address, (float(self.per_minute), now))
        regained = max(0.0, (now - since).total_seconds()) * self.per_minute / 60
        return min(float(self.per_minute), left + regained)

    def _forget(self, now: datetime) -> None:
        for address in [a for a in self._left if self._level(a, now) >= self.per_minute]:
            del self._left[address]
        if len(self._left) >= KEPT:
            self._left.clear()


class Limits:
    """The buckets of every route of one site."""

    def __init__(self) -> None:
        """Have seen nobody."""
        self._of: dict[Hashable, Buckets] = {}

    def of(self, route: Hashable, per_minute: int) -> Buckets:
        """Return the buckets of a route, which are made when it is first asked for."""
        return self._of.setdefault(route, Buckets(per_minute))

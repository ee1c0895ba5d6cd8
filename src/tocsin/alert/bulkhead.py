"""A bulkhead: one channel that hangs must not take every thread that sends.

A channel may take a thread while it holds fewer than are free.  Alone it comes to half of them, the
next to a quarter, and so on: of sixteen, four channels may hang and a fifth still gets through.
"""

from collections import Counter
from collections.abc import Iterable


class Bulkhead:
    """Who holds the threads; each one given counts at once.

    >>> bulkhead = Bulkhead(16, [])
    >>> [sum(bulkhead.admits(channel) for _ in range(99)) for channel in ("mail", "sms", "chat")]
    [8, 4, 2]
    """

    def __init__(self, threads: int, busy: Iterable[str]) -> None:
        """Of so many threads, each of `busy` is the channel that one of them sends on now."""
        self._held = Counter(busy)
        self._free = threads - self._held.total()

    def is_full(self, channel: str) -> bool:
        """Return whether `channel` may take no further thread; it then stays so."""
        return self._held[channel] >= self._free

    def admits(self, channel: str) -> bool:
        """Give `channel` a thread if it may take one; return whether."""
        if self.is_full(channel):
            return False
        self._held[channel] += 1
        self._free -= 1
        return True

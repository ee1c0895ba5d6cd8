"""What became of the rows, counted, so that a loss is never silent."""

import threading
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """One look at the counters; all since the client was made, but for the first two.

    sent + rejected + lost + waiting + spooled = every row ever logged (plus those found in the
    spool at the start), but for rows on their way at this very moment.
    """

    waiting: int
    """Rows in memory now."""
    spooled: int
    """Rows on disk now."""
    sent: int
    """Rows the server has accepted for good."""
    rejected: int
    """Rows the server refused; they are not tried again."""
    lost: int
    """Rows given up: buffer or spool was full, or the client closed without a spool."""
    failed_posts: int
    """Requests that must be tried again: no network, 5xx, throttled, or no access."""
    spool_errors: int
    """Times the disk refused; the rows then stayed in memory."""
    extraction_failures: int
    """Times a callable of the service (features, score, id ...) raised or gave nonsense."""
    directives_version: int
    """Version of the directives now obeyed; -1 before the first."""
    directives_unreadable: int
    """Directives in that version which this client could not read."""
    in_contact: bool
    """Whether the control plane was heard of within the grace."""


class Counters:
    """Counts by name, from any thread; kept off the path of a decision that goes well."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, name: str, n: int = 1) -> None:
        """Count `n` more under `name`, which is a field of `Stats`."""
        with self._lock:
            self._counts[name] += n

    def get(self, name: str) -> int:
        """Return the count under `name`."""
        with self._lock:
            return self._counts[name]

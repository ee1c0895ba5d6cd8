"""One kind of rows on its way: queue in memory -> batches -> the server, by way of disk if need be.

put (any thread, no lock)
  -> take: encode the queue into batches that fit one request
  -> next / settle: offer the oldest rows first, from the spool before memory
  -> keep: what is still unsent goes to disk; without a spool it waits in memory, bounded
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tocsin_client.counters import Counters
from tocsin_client.rows import Row, encode
from tocsin_client.spool import Segment, Spool

log = logging.getLogger("tocsin_client")

BATCH_ROWS = 1000
BATCH_BYTES = 900_000
"""Below the 1 MiB at which common reverse proxies refuse a body."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that travel in one request; `segments` are the files they rest in, if any."""

    rows: int
    body: bytes
    segments: tuple[Segment, ...] = ()


class Outbox:
    """Rows for one address.  `put` from any thread; everything else from the delivery thread."""

    def __init__(
        self,
        path: str,
        *,
        spool: Spool | None,
        buffer_rows: int,
        counters: Counters,
        clock_ns: Callable[[], int],
    ) -> None:
        self.path = path
        self._spool, self._counters, self._clock_ns = spool, counters, clock_ns
        self._buffer_rows = buffer_rows
        self._queue: deque[Row] = deque(maxlen=buffer_rows)
        self._unsent: deque[Batch] = deque()
        self._disk_failed = False

    def put(self, row: Row) -> int:
        """Take a row in; returns how many are queued.  When full, the oldest is counted lost."""
        queue = self._queue
        queued = len(queue)
        if queued >= self._buffer_rows:
            self._counters.add("lost")
        queue.append(row)  # atomic; drops the oldest itself when full
        return queued + 1

    @property
    def waiting(self) -> int:
        """Rows in memory."""
        return len(self._queue) + sum(batch.rows for batch in list(self._unsent))

    @property
    def spooled(self) -> int:
        """Rows on disk."""
        return 0 if self._spool is None else self._spool.rows

    def take(self) -> None:
        """Encode what is queued into batches."""
        lines: list[bytes] = []
        size_bytes = 0
        for _ in range(len(self._queue)):
            line = encode(self._queue.popleft())
            if lines and (len(lines) >= BATCH_ROWS or size_bytes + len(line) > BATCH_BYTES):
                self._unsent.append(Batch(len(lines), b"".join(lines)))
                lines, size_bytes = [], 0
            lines.append(line)
            size_bytes += len(line)
        if lines:
            self._unsent.append(Batch(len(lines), b"".join(lines)))

    def next(self) -> Batch | None:
        """Return the rows to send first; None when there are none."""
        if self._spool is not None and self._spool.rows:
            segments, body = self._spool.oldest(max_rows=BATCH_ROWS, max_bytes=BATCH_BYTES)
            if segments:
                return Batch(sum(segment.rows for segment in segments), body, tuple(segments))
        return self._unsent[0] if self._unsent else None

    def settle(self, batch: Batch) -> None:
        """Forget a batch that the server has taken or refused for good."""
        if batch.segments and self._spool is not None:
            self._spool.remove(batch.segments)
        else:
            self._unsent.popleft()

    def keep(self) -> None:
        """Put everything unsent out of harm's way."""
        while self._spool is not None and self._unsent:
            batch = self._unsent[0]
            try:
                dropped = self._spool.append(batch.body, batch.rows, at_ns=self._clock_ns())
            except OSError as error:
                self._counters.add("spool_errors")
                if not self._disk_failed:
                    log.warning("the spool folder refused rows (%s)", type(error).__name__)
                self._disk_failed = True
                break
            self._disk_failed = False
            self._unsent.popleft()
            if dropped:
                self._counters.add("lost", dropped)
                log.warning("the spool is full: the %d oldest rows were dropped", dropped)
        while self._unsent and sum(batch.rows for batch in self._unsent) > self._buffer_rows:
            self._counters.add("lost", self._unsent.popleft().rows)

    def abandon(self) -> int:
        """Give up what is in memory; returns how many rows were lost."""
        self.take()
        lost = sum(batch.rows for batch in self._unsent)
        self._unsent.clear()
        self._counters.add("lost", lost)
        return lost

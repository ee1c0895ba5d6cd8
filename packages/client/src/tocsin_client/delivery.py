"""The thread that brings rows to the server, in rounds, and never dies of a failure.

A round: encode what is queued, send until everything is sent or a request fails, then keep the
rest (disk or memory).  After a failure the next try waits, doubling from 0.5 s to 15 s with jitter,
and never less than the server's Retry-After (up to a quarter more, so that many clients do not come
back at once).  `flush` and `close` do not wait for the doubling; only `close` ignores Retry-After,
since it is the last chance.
"""

import logging
import random
import threading
import time
from collections.abc import Sequence

from tocsin_client.counters import Counters
from tocsin_client.outbox import BATCH_ROWS, Outbox
from tocsin_client.rows import Row
from tocsin_client.server import NDJSON, Answer, Later, Refused, Server, Taken

log = logging.getLogger("tocsin_client")

BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 15.0
POSTS_PER_ROUND = 20
"""Then the queue is looked at again, so that a long backlog cannot make it overflow."""


class Delivery:
    """Sends the rows of `outboxes` in the background; `start` before use, `close` after."""

    def __init__(
        self,
        server: Server,
        system: str,
        outboxes: Sequence[Outbox],
        counters: Counters,
        *,
        flush_s: float,
    ) -> None:
        self._server, self._params = server, {"system": system}
        self._outboxes, self._counters, self._flush_s = outboxes, counters, flush_s
        self._wake, self._rested = threading.Event(), threading.Condition()
        self._busy = self._closing = False
        self._hurry_until_s = self._not_before_s = self._told_to_wait_until_s = 0.0
        self._failures, self._last_fault = 0, ""
        self._thread = threading.Thread(target=self._run, name="tocsin-delivery", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put(self, outbox: Outbox, row: Row) -> None:
        """Take a row in without waiting; a full batch wakes the thread early."""
        if self._closing:
            self._counters.add("lost")
            return
        if outbox.put(row) % BATCH_ROWS == 0:
            self._wake.set()

    def flush(self, timeout_s: float) -> bool:
        """Return whether the server has settled every row put before this call, in time."""
        self._hurry_until_s = time.monotonic() + timeout_s
        self._wake.set()
        with self._rested:
            return self._rested.wait_for(self._is_empty, timeout_s)

    def close(self, timeout_s: float) -> None:
        """Send or spool what is left and end the thread; call once."""
        self._closing = True
        self._wake.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            log.warning("closing gave up after %.1f s; unspooled rows are lost", timeout_s)

    def _is_empty(self) -> bool:
        return not self._busy and not any(o.waiting or o.spooled for o in self._outboxes)

    def _run(self) -> None:
        more = False
        while True:
            if not more:
                self._wake.wait(self._flush_s)
            self._wake.clear()
            closing = self._closing
            with self._rested:
                self._busy = True
            try:
                more = self._round(closing=closing)
            except Exception as error:  # noqa: BLE001 - this thread must outlive any fault
                more = False
                log.error("delivery failed: %s", type(error).__name__)  # noqa: TRY400 - a traceback may quote rows
            finally:
                with self._rested:
                    self._busy = False
                    self._rested.notify_all()
            if closing and not more:
                lost = sum(outbox.abandon() for outbox in self._outboxes)
                if lost:
                    log.warning("closed with %d rows unsent and no spool to keep them", lost)
                return

    def _round(self, *, closing: bool) -> bool:
        """Send what can be sent; returns whether there is more to send at once."""
        for outbox in self._outboxes:
            outbox.take()
            if closing:
                outbox.keep()  # durable first: the last request may outlive our caller's patience
        try:
            return self._due(closing=closing) and self._send()
        finally:
            for outbox in self._outboxes:
                outbox.keep()

    def _due(self, *, closing: bool) -> bool:
        now_s = time.monotonic()
        if closing:
            return True
        patient = now_s >= self._not_before_s or now_s < self._hurry_until_s
        return patient and now_s >= self._told_to_wait_until_s

    def _send(self) -> bool:
        posts = 0
        for outbox in self._outboxes:
            while batch := outbox.next():
                if posts >= POSTS_PER_ROUND:
                    return True
                posts += 1
                answer = self._server.post(
                    outbox.path, batch.body, content_type=NDJSON, params=self._params
                )
                if isinstance(answer, Later):
                    self._postpone(answer)
                    return False
                outbox.settle(batch)
                self._count(answer, batch.rows, outbox.path)
        return False

    def _count(self, answer: Answer, rows: int, path: str) -> None:
        if self._failures:
            log.info("the server takes rows again")
        self._failures, self._not_before_s = 0, 0.0
        fault = ""
        if isinstance(answer, Refused):
            self._counters.add("rejected", rows)
            fault = f"the server refused rows with {answer.status} at {path}; they were dropped"
        elif isinstance(answer, Taken):
            rejected = min(answer.rejected, rows)
            self._counters.add("sent", rows - rejected)
            if rejected:
                self._counters.add("rejected", rejected)
                fault = f"the server refused some rows at {path} for the fields: {answer.fields}"
        self._warn(fault)

    def _postpone(self, answer: Later) -> None:
        now_s = time.monotonic()
        self._counters.add("failed_posts")
        self._failures += 1
        backoff_s = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2 ** min(self._failures - 1, 10))
        backoff_s *= random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not secrecy
        self._not_before_s = now_s + backoff_s
        self._told_to_wait_until_s = now_s + answer.after_s * random.uniform(1.0, 1.25)  # noqa: S311
        self._warn(f"rows wait, the server cannot be reached ({answer.reason})")

    def _warn(self, fault: str) -> None:
        """Log a fault once, not at every repetition; the counters tell how often."""
        if fault and fault != self._last_fault:
            log.warning("%s", fault)
        self._last_fault = fault

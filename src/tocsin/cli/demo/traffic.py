"""Live applicants: sent to the scoring service at a steady rate; each has an outcome later."""

import http.client
import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tocsin.drill.lending import Applicant
from tocsin_client import Tocsin

OUTCOME_DELAY_S = 4.0
"""How long after a decision its outcome is known: weeks in life, seconds here."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service decided about one applicant, and when it was asked."""

    id: str
    number: int
    at: datetime
    approved: bool | None


class Traffic:
    """Sends applicants one after the other until stopped.

    Whoever wants more than there are gets them again from the start, under new ids.
    """

    def __init__(
        self,
        people: Sequence[Applicant],
        *,
        first: int,
        port: int,
        per_second: float,
        office: Tocsin,
    ) -> None:
        """Send `people[first:]`; `office` is the SDK client that reports outcomes."""
        self.answers: list[Answer] = []
        self.failed = 0
        self._people, self._first, self._port = people, first, port
        self._pause_s = 1 / per_second
        self._office = office
        self._waiting: deque[tuple[float, Answer]] = deque()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more, and wait until the last answer is in."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        due = time.monotonic()
        for nth in itertools.count():
            if self._stop.is_set():
                break
            try:
                self._send(connection, nth)
            except (OSError, http.client.HTTPException):
                self.failed += 1
                connection.close()
            self._report(time.monotonic())
            # a late sender catches up, but never by more than a second's burst
            due = max(due + self._pause_s, time.monotonic() - 1)
            self._stop.wait(max(0.0, due - time.monotonic()))
        connection.close()
        self._report(float("inf"))

    def _send(self, connection: http.client.HTTPConnection, nth: int) -> None:
        number = self._first + nth % (len(self._people) - self._first)
        asked_at = datetime.now(UTC)
        connection.request("POST", "/decide", json.dumps({"number": number, "id": f"app-{nth}"}))
        answer = json.loads(connection.getresponse().read())
        sent = Answer(answer["id"], number, asked_at, answer["approved"])
        self.answers.append(sent)
        self._waiting.append((time.monotonic() + OUTCOME_DELAY_S, sent))

    def _report(self, until: float) -> None:
        while self._waiting and self._waiting[0][0] <= until:
            _, answer = self._waiting.popleft()
            self._office.outcome(answer.id, label=self._people[answer.number].able_to_repay)

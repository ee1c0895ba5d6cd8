"""Bounded memory: what does not fit waits with its sender, and nothing is lost or stored twice."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from typing_extensions import override

from tests.store.examples import NOW
from tests.web.cast import Watch, site_at, tokens_of
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake, TableName
from tocsin.web import serving
from tocsin.web.budget import Budget, Share
from tocsin.web.errors import TooMany

CLIENTS, BODIES, ROWS = 32, 4, 50
QUEUE_BYTES, BODY_BYTES = 40_000, 60_000
REFUSALS = 100
SOON_S = 120


class Stalled(Lake):
    """The disk of a bad day: every append waits until the gate is opened."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.gate = threading.Event()

    @override
    def append(self, system: str, table: TableName, rows: pa.Table) -> int:
        assert self.gate.wait(SOON_S)
        return super().append(system, table, rows)


class Senders:
    """Many services that send until every body of theirs is acknowledged."""

    def __init__(self, port: int, token: str, look: Callable[[], None]) -> None:
        self._port, self._token, self._look = port, token, look
        self.statuses: Counter[int] = Counter()
        self.retry_after: set[str | None] = set()
        self.acknowledged: set[str] = set()
        self._lock = threading.Lock()
        self.enough_refused = threading.Event()

    def send(self, client: int) -> None:
        """Send this client's bodies, each as often as it takes."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
        }
        for number in range(BODIES):
            ids = [f"{client}-{number}-{row}" for row in range(ROWS)]
            rows = [{"id": name, "at": NOW.isoformat(), "score": 0.5} for name in ids]
            while True:
                link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SOON_S)
                link.request("POST", "/v1/predictions?system=loans", json.dumps(rows), headers)
                answer = link.getresponse()
                answer.read()
                link.close()
                self._look()
                if self._note(answer, ids):
                    break
                self.enough_refused.wait(0.02)

    def _note(self, answer: http.client.HTTPResponse, ids: list[str]) -> bool:
        with self._lock:
            self.statuses[answer.status] += 1
            if answer.status == 429:
                self.retry_after.add(answer.headers["Retry-After"])
                if self.statuses[429] >= REFUSALS:
                    self.enough_refused.set()
                return False
            assert answer.status == 200
            self.acknowledged |= set(ids)
            return True


def test_a_flood_on_a_stalled_disk_is_refused_and_stored_once_when_it_moves_again(
    tmp_path: Path,
) -> None:
    usual = site_at(tmp_path, Watch())
    usual.committer.close()
    lake = Stalled(str(tmp_path / "lake"))
    committer = Committer(lake, queue_bytes=QUEUE_BYTES)
    site = replace(usual, lake=lake, committer=committer, ingest_bytes=Budget(BODY_BYTES))
    most = Counter[str]()

    def look() -> None:
        most["queue"] = max(most["queue"], committer.waiting_bytes)
        most["bodies"] = max(most["bodies"], site.ingest_bytes.taken)

    with serving.listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=serving.run, args=(site, listener))
        thread.start()
        senders = Senders(listener.getsockname()[1], tokens_of(site)["service"], look)
        try:
            with ThreadPoolExecutor(CLIENTS) as pool:
                sent = [pool.submit(senders.send, client) for client in range(CLIENTS)]
                assert senders.enough_refused.wait(SOON_S)
                assert not senders.acknowledged, "an answer came before the disk had moved"
                lake.gate.set()
                for one in sent:
                    one.result(SOON_S)
        finally:
            lake.gate.set()
            site.closing.set()
            thread.join(SOON_S)
            committer.close()
            site.database.close()
    stored = lake.scan("loans", "predictions")["id"].to_pylist()
    assert len(stored) == CLIENTS * BODIES * ROWS
    assert set(stored) == senders.acknowledged
    assert senders.retry_after == {"1"}
    assert 0 < most["queue"] <= QUEUE_BYTES
    assert 0 < most["bodies"] <= BODY_BYTES
    assert (site.ingest_bytes.taken, committer.waiting_bytes) == (0, 0)


def test_a_body_larger_than_everything_is_taken_when_nothing_else_is() -> None:
    share, other = Share(Budget(10)), Share(Budget(10))
    share.take(20)
    with pytest.raises(TooMany):
        share.take(1)
    share.close()
    assert share.budget.taken == 0
    other.take(5)
    other.take(5)
    with pytest.raises(TooMany, match="10 of 10 bytes"):
        other.take(1)

"""Beats leave only while all is well, and an address that hangs delays nobody."""

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.jobs.scene import SECOND, Scene, fault
from tests.patience import PATIENCE_S
from tocsin.detect.stages import HEARTBEAT, REQUIRED, Freshness, Stage
from tocsin.integrations.heartbeat import LIMIT_S, heartbeat
from tocsin.jobs import oncall
from tocsin.jobs.heartbeat import RETRY, Heart, due, withheld
from tocsin.jobs.rings import Heartbeat
from tocsin.jobs.worker import Worker
from tocsin.store import stages

MINUTE = timedelta(minutes=1)


@dataclass
class Outside:
    """A server that counts beats."""

    url: str = ""
    beats: list[str] = field(default_factory=list[str])
    status: int = 200
    gate: threading.Event | None = None


@contextmanager
def outside() -> Generator[Outside]:
    one = Outside()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            one.beats.append(self.path)
            if one.gate is not None:
                one.gate.wait(2 * PATIENCE_S)
            self.send_response(one.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.url = f"http://127.0.0.1:{server.server_address[1]}/s3cr3t-key"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield one
    finally:
        if one.gate is not None:
            one.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()


def healthy(stage: Scene, *without: str) -> None:
    with stage.database.unit("test", stage.clock(), quiet=True) as unit:
        for duty in {*REQUIRED} - {*without}:
            stages.beat(unit, duty)
        stages.beat(unit, "counting", "loans")


def heart(stage: Scene, server: Outside, client: httpx.Client) -> Heart:
    return Heart(stage.rings, Heartbeat(heartbeat(server.url, "POST", client), MINUTE))


def test_one_stale_stage_or_a_broken_invariant_withholds() -> None:
    fresh = Freshness("deliver", "", True, None, MINUTE, "")
    old = Freshness("counting", "loans", False, None, MINUTE, "")
    assert withheld([fresh], []) == ()
    assert withheld([fresh, old], []) == ("counting of loans",)
    assert withheld([fresh], ["inc_1: nobody"]) == ("paging invariant",)


def test_a_call_is_due_after_its_time_and_sooner_after_a_failure(stage: Scene) -> None:
    now = stage.clock()
    good, bad = (Stage(HEARTBEAT, "", now, "", n, None) for n in (0, 1))
    assert due(None, now, MINUTE)
    assert not due(good, now + MINUTE - SECOND, MINUTE)
    assert due(good, now + MINUTE, MINUTE)
    assert not due(bad, now + RETRY - SECOND, MINUTE)
    assert due(bad, now + RETRY, MINUTE)


def test_beats_stop_while_a_stage_is_stale_and_go_on_afterwards(
    stage: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    with outside() as server, httpx.Client() as client:
        one = heart(stage, server, client)
        healthy(stage)
        one.once()
        one.once()
        assert len(server.beats) == 1  # the next is due in a minute
        for _ in range(3):
            stage.clock.move(MINUTE + SECOND)
            healthy(stage, "deliver")
            one.once()
        assert len(server.beats) == 1
        told = [one.getMessage() for one in caplog.records if "withheld" in one.getMessage()]
        assert told == ["heartbeat is withheld: not well are deliver"]
        healthy(stage)
        one.once()
        assert len(server.beats) == 2
        assert "heartbeat goes on" in caplog.text


def test_beats_stop_while_a_page_is_overdue_and_go_on_once_it_is_sent(stage: Scene) -> None:
    with outside() as server, httpx.Client() as client:
        one = heart(stage, server, client)
        stage.declare_incident()
        oncall.escalate(stage.rings, stage.clock())
        healthy(stage)
        one.once()
        assert len(server.beats) == 1
        stage.clock.move(MINUTE + SECOND)
        healthy(stage)
        one.once()
        assert len(server.beats) == 1
        oncall.deliver(stage.rings, stage.clock())
        healthy(stage)
        one.once()
        assert len(server.beats) == 2


def test_an_incident_whose_pages_were_never_planned_stops_the_beats(stage: Scene) -> None:
    with outside() as server, httpx.Client() as client:
        stage.declare_incident()
        stage.clock.move(11 * SECOND)
        healthy(stage)
        heart(stage, server, client).once()
        assert server.beats == []


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_refused_beat_is_told_without_the_secret_and_follows_no_redirect(
    stage: Scene, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with outside() as server, httpx.Client() as client:
        server.status = status
        one = heart(stage, server, client)
        healthy(stage)
        one.once()
        assert server.beats == ["/s3cr3t-key"]
        assert str(status) in caplog.text
        assert "s3cr3t" not in caplog.text
        server.status = 200
        stage.clock.move(RETRY)
        one.once()
        with stage.database.reading() as conn:
            sign = stages.get(conn, HEARTBEAT)
        assert sign is not None
        assert (sign.failures, sign.ok_at, len(server.beats)) == (0, stage.clock(), 2)


def test_of_two_workers_one_beats(stage: Scene) -> None:
    beats: list[int] = []
    healthy(stage)
    workers = [
        Worker(
            replace(
                stage.rings,
                worker=f"worker-{k}",
                heartbeat=Heartbeat(lambda k=k: beats.append(k), SECOND),
                paging_pause_s=0.05,
            ),
            pipeline=[],
        )
        for k in range(2)
    ]
    for worker in workers:
        worker.start()
    wait_for(lambda: bool(beats))
    time.sleep(0.6)  # two or three rounds of each
    assert len(beats) == 1  # the clock stands still
    stage.clock.move(SECOND)
    wait_for(lambda: len(beats) > 1)
    time.sleep(0.6)
    assert len(beats) == 2
    for worker in workers:
        worker.stop()


def test_an_address_that_hangs_delays_no_page(stage: Scene) -> None:
    called, ends = threading.Event(), threading.Event()

    def hangs() -> None:
        called.set()
        ends.wait(2 * PATIENCE_S)

    rings = replace(stage.rings, heartbeat=Heartbeat(hangs, SECOND), paging_pause_s=0.05)
    healthy(stage)
    worker = Worker(rings, pipeline=[])
    worker.start()
    try:
        assert called.wait(PATIENCE_S)
        stage.declare_incident()
        wait_for(lambda: bool(stage.mail.taken or stage.hook.taken))  # it hangs all this time
    finally:
        ends.set()
        worker.stop()


def test_an_address_that_hangs_is_left_after_five_seconds() -> None:
    with outside() as server, httpx.Client() as client:
        server.gate = threading.Event()
        started = time.monotonic()
        with pytest.raises(type(fault(retryable=True)), match="unreachable"):
            heartbeat(server.url, "POST", client)()
        assert time.monotonic() - started < 3 * LIMIT_S  # a small part of what the server takes


def wait_for(that: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not that():
        assert time.monotonic() < ends
        time.sleep(0.01)

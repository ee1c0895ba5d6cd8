"""Rows reach the server, or wait, or are counted: against a real server on this machine."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import TOKEN
from stand_in import PLENTY_S, StandIn, until

from tocsin_client import Tocsin

Connect = Callable[..., Tocsin]


def decide_some(client: Tocsin, n: int, prefix: str = "p") -> set[str]:
    ids = [f"{prefix}{k}" for k in range(n)]
    names = iter(ids)

    @client.guard(id=lambda *_: next(names))
    def decide(application: dict[str, int]) -> float:
        return application["income"] / 100

    for k in range(n):
        decide({"income": k % 100})
    return set(ids)


def test_predictions_and_outcomes_arrive_with_token_and_system(
    server: StandIn, connect: Connect
) -> None:
    client = connect()
    decide_some(client, 1)
    client.outcome("p0", label=True)
    assert client.flush(PLENTY_S)
    posts = {path: (headers, rows) for path, headers, rows in server.posts}
    headers, rows = posts["/v1/predictions"]
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Content-Type"] == "application/x-ndjson"
    assert headers["system"] == "loan-approval"
    assert rows[0] == {
        "id": "p0",
        "at": rows[0]["at"],
        "version": "v2",
        "features": {"income": 0},
        "attributes": {"income": 0},
        "score": 0.0,
        "prediction": None,
        "latency_ms": rows[0]["latency_ms"],
        "decided_by": "system",
        "directive": None,
        "error": None,
    }
    _, outcomes = posts["/v1/outcomes"]
    assert (outcomes[0]["id"], outcomes[0]["label"]) == ("p0", True)
    assert client.stats.sent == 2


def test_rows_leave_without_a_flush(server: StandIn, connect: Connect) -> None:
    ids = decide_some(connect(), 3)
    assert server.wait(lambda: ids <= server.rows.keys(), PLENTY_S)


def test_nothing_is_lost_in_an_outage_and_nothing_comes_twice(
    server: StandIn, connect: Connect, spool_dir: Path
) -> None:
    client = connect(spool_dir=spool_dir)
    ids = decide_some(client, 50, "before")
    assert client.flush(PLENTY_S)
    server.stop()
    ids |= decide_some(client, 2500, "during")
    assert until(lambda: client.stats.spooled == 2500, PLENTY_S) < PLENTY_S
    server.start()
    ids |= decide_some(client, 50, "after")
    assert client.flush(PLENTY_S)
    assert server.rows.keys() == ids
    assert server.received == len(ids)
    stats = client.stats
    assert (stats.sent, stats.lost, stats.spooled, stats.waiting) == (len(ids), 0, 0, 0)
    assert stats.failed_posts >= 1


def test_an_outage_without_a_spool_is_bridged_in_memory(server: StandIn, connect: Connect) -> None:
    server.stop()
    client = connect()
    ids = decide_some(client, 30)
    assert not client.flush(0.1)
    server.start()
    assert client.flush(PLENTY_S)
    assert server.rows.keys() == ids


KILLED = """
import os, sys
from tocsin_client import Tocsin

url, spool_dir = sys.argv[1:]
client = Tocsin(url, token="t", system="s", version="v", spool_dir=spool_dir, flush_s=0.02)

@client.guard(id=lambda application: application["id"])
def decide(application):
    return 0.5

for k in range(40):
    decide({"id": f"p{k}"})
client.outcome("p0", label=1)
while client.stats.spooled < 41:
    client.flush(0.05)
os.kill(os.getpid(), 9)
"""


def test_a_new_process_sends_what_a_killed_one_had_spooled(
    server: StandIn, connect: Connect, spool_dir: Path
) -> None:
    server.stop()
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, server.url, str(spool_dir)], check=False, timeout=300
    )
    assert ended.returncode == -9
    server.start()
    client = connect(system="s", spool_dir=spool_dir)
    assert client.flush(PLENTY_S)
    assert server.rows.keys() == {f"p{k}" for k in range(40)}
    assert {path for path, _, _ in server.posts} == {"/v1/predictions", "/v1/outcomes"}


EXITS = """
import sys
from tocsin_client import Tocsin

client = Tocsin(sys.argv[1], token="t", system="s", version="v", flush_s=60)

@client.guard(id=lambda application: "last")
def decide(application):
    return 0.5

decide({})
"""


def test_a_process_that_ends_without_closing_still_sends_its_rows(server: StandIn) -> None:
    subprocess.run([sys.executable, "-c", EXITS, server.url], check=True, timeout=300)
    assert server.rows.keys() == {"last"}


def test_closing_in_an_outage_spools_for_the_next_start(
    server: StandIn, connect: Connect, spool_dir: Path
) -> None:
    server.stop()
    client = connect(spool_dir=spool_dir, flush_s=60)
    ids = decide_some(client, 5)
    client.close()
    server.start()
    assert connect(spool_dir=spool_dir).flush(PLENTY_S)
    assert server.rows.keys() == ids


def test_closing_in_an_outage_without_a_spool_says_what_was_lost(
    server: StandIn, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server.stop()
    client = connect(flush_s=60)
    decide_some(client, 5)
    client.close()
    client.close()
    assert client.stats.lost == 5
    assert "5 rows unsent" in caplog.text
    decide_some(client, 1)
    assert client.stats.lost == 6


@pytest.mark.parametrize("status", [500, 503, 302, 401, 403, 404, 408, 429])
def test_rows_wait_when_not_they_are_at_fault(
    server: StandIn, connect: Connect, status: int
) -> None:
    server.answers.append((status, {}, {}))
    client = connect()
    ids = decide_some(client, 1)
    assert client.flush(PLENTY_S)
    assert server.rows.keys() == ids
    assert client.stats.failed_posts == 1


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_rows_the_server_will_never_take_are_dropped_with_one_warning(
    server: StandIn, connect: Connect, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    server.answers += [(status, {}, {}), (status, {}, {})]
    client = connect(flush_s=60)  # what leaves with one flush leaves in one body
    decide_some(client, 3, "bad")
    assert client.flush(PLENTY_S)
    decide_some(client, 2, "worse")
    assert client.flush(PLENTY_S)
    ids = decide_some(client, 1, "good")
    assert client.flush(PLENTY_S)
    assert server.rows.keys() == ids
    assert (client.stats.rejected, client.stats.sent) == (5, 1)
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 1
    assert str(status) in warnings[0]
    assert TOKEN not in caplog.text


def test_rows_refused_one_by_one_are_counted_and_their_fields_named(
    server: StandIn, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    refused = {"row": 0, "id": "p0", "field": "score", "reason": "650 is not between 0 and 1"}
    server.answers.append((200, {}, {"accepted": 2, "rejected": [refused]}))
    client = connect(flush_s=60)
    decide_some(client, 3)
    assert client.flush(PLENTY_S)
    assert (client.stats.rejected, client.stats.sent) == (1, 2)
    assert "score" in caplog.text
    assert "650" not in caplog.text


def test_the_server_is_left_alone_for_as_long_as_it_asks(server: StandIn, connect: Connect) -> None:
    server.answers.append((429, {"Retry-After": "3600"}, {}))
    client = connect()
    decide_some(client, 1)
    assert server.wait(lambda: server.last_status == 429, PLENTY_S)
    assert not client.flush(0.2)
    assert len(server.posts) == 1
    client.close()  # the last chance
    assert len(server.posts) == 2


def test_an_outage_is_told_once(
    server: StandIn, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server.stop()
    client = connect(poll_s=60)
    decide_some(client, 1)
    assert not client.flush(0.3)
    assert until(lambda: client.stats.failed_posts > 1) < PLENTY_S
    told = [r.getMessage() for r in caplog.records if "rows wait" in r.getMessage()]
    assert len(told) == 1
    assert TOKEN not in caplog.text
    assert "127.0.0.1" not in caplog.text

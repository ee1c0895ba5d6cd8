"""The client as a service holds it."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import TOKEN
from stand_in import PLENTY_S, StandIn, until

import tocsin_client
from tocsin_client import Tocsin

Connect = Callable[..., Tocsin]


def test_the_public_names_are_these() -> None:
    assert tocsin_client.__all__ == ["Contained", "Judged", "Pending", "Stats", "Tocsin"]
    assert all(hasattr(tocsin_client, name) for name in tocsin_client.__all__)


def test_the_client_knows_nothing_of_the_server_and_needs_only_httpx() -> None:
    code = "import sys, tocsin_client; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=300
    ).stdout.split()
    assert "httpx" in loaded
    assert not {"tocsin", "numpy", "pyarrow", "pydantic"} & set(loaded)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("url", "localhost:8470"),
        ("url", "http://"),
        ("token", ""),
        ("token", "secret\nX-Admin: 1"),
        ("system", ""),
        ("on_control_loss", "shut"),
        ("control_grace_s", 0),
        ("flush_s", 0),
        ("buffer_rows", 0),
        ("spool_max_bytes", -1),
        ("poll_s", float("nan")),
        ("timeout_s", 0),
        ("clock", datetime.now),
    ],
)
def test_an_argument_that_can_only_be_a_mistake_is_refused_by_name(
    argument: str, value: Any
) -> None:
    arguments: dict[str, Any] = {"url": "http://localhost:1", "token": TOKEN, "system": "s"}
    arguments[argument] = value
    with pytest.raises(ValueError, match=argument) as caught:
        Tocsin(version="v", **arguments)
    assert "secret" not in str(caught.value)


def test_a_guard_refuses_a_time_budget_of_nothing(connect: Connect) -> None:
    with pytest.raises(ValueError, match="timeout_s"):
        connect().guard(timeout_s=0)


def test_a_change_is_recorded_with_its_facts(server: StandIn, connect: Connect) -> None:
    at = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
    client = connect()
    assert client.change(
        "deploy",
        "model 2026-11-20",
        at=at,
        scope={"region": "north"},
        features=["income"],
        version="2026-11-20",
        commit="9f3c",
        ticket=7,
    )
    path, headers, rows = server.posts[0]
    assert path == "/v1/changes"
    assert headers["Content-Type"] == "application/json"
    assert len(headers["Idempotency-Key"]) == 32
    assert rows == [
        {
            "system": "loan-approval",
            "kind": "deploy",
            "title": "model 2026-11-20",
            "at": "2026-11-20T14:05:00.000000Z",
            "scope": {"region": "north"},
            "features": ["income"],
            "version": "2026-11-20",
            "facts": {"commit": "9f3c", "ticket": "7"},
        }
    ]


def test_a_complaint_is_passed_on(server: StandIn, connect: Connect) -> None:
    assert connect().complaint("I was declined twice", prediction_id="p1", contact="by post")
    path, _, rows = server.posts[0]
    assert path == "/v1/complaints"
    assert rows[0].pop("at").endswith("Z")
    assert rows[0] == {
        "system": "loan-approval",
        "text": "I was declined twice",
        "prediction_id": "p1",
        "slice": {},
        "contact": "by post",
    }


def test_a_change_that_cannot_be_recorded_says_so_and_raises_nothing(
    server: StandIn, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect()
    server.answers.append((400, {}, {}))
    assert not client.change("deplyo", "model")
    server.stop()
    assert not client.change("deploy", "model")
    assert not client.complaint("nobody answers")
    assert caplog.text.count("was not recorded") == 3
    assert TOKEN not in caplog.text


def test_the_client_closes_with_its_block(server: StandIn) -> None:
    with Tocsin(server.url, token=TOKEN, system="s", version="v", flush_s=60) as client:

        def name(_: int) -> str:
            return "p1"

        @client.guard(id=name)
        def decide(_: int) -> float:
            return 0.5

        assert decide(7) == 0.5
        assert client.last_prediction_id == "p1"
        assert client.stats.waiting == 1
    assert server.rows.keys() == {"p1"}


def test_a_failing_callable_of_the_service_is_told_once_and_counted(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect()

    def features(_: int) -> dict[str, object]:
        raise KeyError("income of Ms Example")

    decide = client.guard(features=features)(float)
    assert [decide(7), decide(8)] == [7.0, 8.0]
    assert client.stats.extraction_failures == 2
    assert caplog.text.count("could not be read") == 1
    assert "Example" not in caplog.text


def test_a_spool_folder_that_cannot_be_made_does_not_keep_the_service_from_starting(
    server: StandIn, connect: Connect, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    client = connect(spool_dir=tmp_path / "file")
    client.outcome("p1", label=True)
    assert client.flush(PLENTY_S)
    assert server.rows.keys() == {"p1"}
    assert "spool_dir cannot be used" in caplog.text


def test_a_system_may_have_any_name_without_leaving_its_folder(
    connect: Connect, spool_dir: Path
) -> None:
    connect(system="../loans/north", spool_dir=spool_dir)
    assert [path.name for path in spool_dir.iterdir()] == ["..%2Floans%2Fnorth"]


FORKS = """
import os, sys
from tocsin_client import Tocsin

client = Tocsin(sys.argv[1], token="t", system="s", version="v", flush_s=0.02, timeout_s=30)

@client.guard(id=lambda application: application["id"])
def decide(application):
    return 0.5

decide({"id": "parent"})
child = os.fork()
if child == 0:
    decide({"id": "child"})
    client.close(60)
    os._exit(0 if client.stats.sent == 1 else 1)
_, status = os.waitpid(child, 0)
client.close(60)
sys.exit(status != 0 or client.stats.sent != 1)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_client_made_before_a_fork_works_on_both_sides(server: StandIn) -> None:
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKS, server.url], check=True, timeout=300
    )
    assert server.rows.keys() == {"parent", "child"}
    assert server.received == 2


def test_a_threshold_directive_moves_the_threshold_of_its_slice(
    server: StandIn, connect: Callable[..., Tocsin], soon: str
) -> None:
    client = connect()
    server.direct(
        {
            "id": "dir_1",
            "action": "threshold",
            "threshold": 0.8,
            "slice": {"region": "north"},
            "expires_at": soon,
        }
    )
    assert until(lambda: client.threshold(0.5, {"region": "north"}) == 0.8) < PLENTY_S
    assert client.threshold(0.5, {"region": "south"}) == client.threshold(0.5) == 0.5
    assert client.allow({"region": "north"})


def test_a_threshold_of_a_version_is_that_versions(
    server: StandIn, connect: Callable[..., Tocsin], soon: str
) -> None:
    client = connect(version="v2")
    one: dict[str, Any] = {"id": "dir_1", "action": "threshold", "slice": {}, "expires_at": soon}
    server.direct({**one, "threshold": 0.8, "of_version": "v2"})
    assert until(lambda: client.threshold(0.5) == 0.8) < PLENTY_S
    assert client.threshold(0.5, version="v1") == 0.5
    server.direct({**one, "threshold": 0.9, "of_version": "v1"})
    assert until(lambda: client.threshold(0.5, version="v1") == 0.9) < PLENTY_S
    assert client.threshold(0.5) == 0.5


def test_what_a_directive_of_a_version_says_is_asked_of_the_version_that_would_decide(
    server: StandIn, connect: Callable[..., Tocsin], soon: str
) -> None:
    client = connect(version="v2")
    canary = {"id": "dir_1", "action": "canary", "to_version": "v3", "expires_at": soon}
    rules = {"id": "dir_2", "action": "fallback", "of_version": "v3", "expires_at": soon}
    server.direct(canary, rules)
    assert until(lambda: client.stats.directives_version == 1) < PLENTY_S

    def obeyed(*known: str) -> str | None:
        found = client.choose({}, client.now(), "", known)
        return found and found.id

    assert (obeyed("v3"), obeyed()) == ("dir_2", "dir_1")
    assert client.choose({}, client.now()) is not None
    server.direct(rules)
    assert until(lambda: client.allow({})) < PLENTY_S

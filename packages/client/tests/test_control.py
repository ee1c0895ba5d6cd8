"""Directives arrive fast, survive a restart, and are obeyed until they expire."""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from stand_in import PLENTY_S, StandIn, best_of_three, until

from tocsin_client import Tocsin
from tocsin_client.control import Control, events
from tocsin_client.server import Server

Connect = Callable[..., Tocsin]
OBEYED_WITHIN_S = 2.0


def rules(_: Mapping[str, object]) -> str:
    return "declined"


def guarded(client: Tocsin) -> Callable[[Mapping[str, object]], object]:
    @client.guard(fallback=rules)
    def decide(_: Mapping[str, object]) -> str:
        return "approved"

    return decide


def fallback(expires_at: str, id_: str = "dir_1", **slice_: str) -> dict[str, Any]:
    return {
        "id": id_,
        "action": "fallback",
        "slice": slice_,
        "to_version": None,
        "expires_at": expires_at,
    }


def test_a_directive_is_obeyed_within_two_seconds_and_so_is_its_end(
    server: StandIn, connect: Connect, soon: str
) -> None:
    client = connect(poll_s=30)
    decide = guarded(client)
    assert server.wait(lambda: server.open_streams == 1, PLENTY_S)
    assert client.ready(PLENTY_S)
    north = {"region": "north"}

    def obeyed_s() -> float:
        server.direct(fallback(soon, region="north"))
        begun_s = until(lambda: decide(north) == "declined")
        assert decide({"region": "south"}) == "approved"
        server.direct()
        return max(begun_s, until(lambda: decide(north) == "approved"))

    assert best_of_three(obeyed_s) < OBEYED_WITHIN_S


def test_without_a_stream_polling_obeys_within_two_seconds_by_default(
    server: StandIn, connect: Connect, soon: str
) -> None:
    server.streams = False
    client = connect(poll_s=1.0)
    decide = guarded(client)
    assert client.ready(PLENTY_S)

    def obeyed_s() -> float:
        server.direct()
        assert until(lambda: decide({}) == "approved") < PLENTY_S
        server.direct(fallback(soon))
        return until(lambda: decide({}) == "declined")

    assert best_of_three(obeyed_s) < OBEYED_WITHIN_S


def test_a_directive_expires_by_the_local_clock_though_the_server_is_away(
    server: StandIn, connect: Connect
) -> None:
    now = [datetime(2026, 11, 20, 12, tzinfo=UTC)]
    server.direct(fallback("2026-11-20T13:00:00Z"))
    client = connect(clock=lambda: now[0])
    decide = guarded(client)
    assert client.ready(PLENTY_S)
    server.stop()
    assert decide({}) == "declined"
    assert not client.allow({})
    now[0] += timedelta(minutes=59)
    assert decide({}) == "declined"
    now[0] += timedelta(minutes=1)
    assert decide({}) == "approved"
    assert client.allow({})


def test_the_last_known_directives_are_obeyed_after_a_restart_without_the_server(
    server: StandIn, connect: Connect, spool_dir: Path, soon: str
) -> None:
    server.direct(fallback(soon, region="north"))
    first = connect(spool_dir=spool_dir)
    assert first.ready(PLENTY_S)
    first.close()
    server.stop()
    second = connect(spool_dir=spool_dir)
    assert guarded(second)({"region": "north"}) == "declined"
    assert second.stats.directives_version == 1
    assert not second.ready(0.05)


def test_failing_open_goes_on_and_failing_closed_falls_back_once_the_grace_is_over(
    server: StandIn, connect: Connect
) -> None:
    opened = connect(control_grace_s=0.3)
    closed = connect(on_control_loss="closed", control_grace_s=0.3)
    assert opened.ready(PLENTY_S)
    assert closed.ready(PLENTY_S)
    decide = guarded(closed)
    assert until(lambda: decide({}) == "approved") < PLENTY_S  # between two polls it may be late
    server.stop()
    assert until(lambda: decide({}) == "declined", PLENTY_S) < PLENTY_S
    assert guarded(opened)({}) == "approved"
    assert not closed.stats.in_contact
    server.start()
    assert until(lambda: decide({}) == "approved", PLENTY_S) < PLENTY_S


def test_the_client_listens_again_after_an_outage(
    server: StandIn, connect: Connect, soon: str
) -> None:
    client = connect()
    decide = guarded(client)
    assert client.ready(PLENTY_S)
    server.stop()
    assert decide({}) == "approved"
    server.direct(fallback(soon))
    server.start()
    assert until(lambda: decide({}) == "declined", PLENTY_S) < PLENTY_S


# -- the parts, without threads -------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def silent(server: StandIn) -> Any:
    quiet = Server(server.url, "t", timeout_s=1)
    yield quiet
    quiet.close()


def control(server: Server, file: Path | None = None, clock: Clock | None = None) -> Control:
    return Control(
        server, "s", file=file, poll_s=1, grace_s=30, monotonic_s=clock or Clock()
    )  # never started


def answer(version: int, *directives: dict[str, Any]) -> dict[str, Any]:
    return {"version": version, "directives": list(directives)}


def test_contact_is_lost_only_after_the_grace(silent: Server) -> None:
    clock = Clock()
    listening = control(silent, clock=clock)
    clock.now_s += 30
    assert not listening.lost
    clock.now_s += 0.1
    assert listening.lost
    listening.tell(answer(1))
    assert not listening.lost


def test_an_answer_overtaken_by_the_stream_is_left(silent: Server, soon: str) -> None:
    listening = control(silent)
    listening.tell(answer(2, fallback(soon)))
    listening.tell(answer(1), asked_after=0)
    assert listening.board.version == 2
    listening.tell(answer(1), asked_after=1)  # a server restored from a backup is believed
    assert listening.board.version == 1


def test_an_answer_of_another_shape_changes_nothing(silent: Server, soon: str) -> None:
    listening = control(silent)
    listening.tell(answer(2, fallback(soon)))
    with pytest.raises(ValueError, match="version"):
        listening.tell({"version": "3", "directives": []})
    assert listening.board.version == 2


def test_an_unreadable_directive_is_told(silent: Server, caplog: pytest.LogCaptureFixture) -> None:
    listening = control(silent)
    listening.tell(answer(1, {"id": "dir_1"}))
    assert listening.board.unreadable == 1
    assert "cannot" in caplog.text or "could not" in caplog.text


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 1}', b"\xff"])
def test_a_broken_file_of_directives_is_told_and_left(
    silent: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    file = tmp_path / "directives.json"
    file.write_bytes(content)
    assert control(silent, file).board.version == -1
    assert "cannot be read" in caplog.text


def test_directives_that_cannot_be_kept_are_obeyed_all_the_same(
    silent: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture, soon: str
) -> None:
    listening = control(silent, tmp_path / "gone" / "directives.json")
    listening.tell(answer(1, fallback(soon)))
    assert listening.board.version == 1
    assert "could not be kept" in caplog.text


def test_the_file_holds_the_last_word(silent: Server, tmp_path: Path, soon: str) -> None:
    file = tmp_path / "directives.json"
    control(silent, file).tell(answer(3, fallback(soon)))
    assert json.loads(file.read_bytes()) == answer(3, fallback(soon))
    assert control(silent, file).board.directives[0].id == "dir_1"


def test_a_decision_never_sees_half_a_change(silent: Server, soon: str) -> None:
    """Two directives always come and go together; a reader must see both or none."""
    listening, stop, torn = control(silent), threading.Event(), list[int]()

    def read() -> None:
        while not stop.is_set():
            if len(listening.board.directives) not in (0, 2):
                torn.append(1)

    reader = threading.Thread(target=read)
    reader.start()
    for version in range(200):
        both = (fallback(soon, "a"), fallback(soon, "b"))
        listening.tell(answer(version, *(both if version % 2 else ())))
    stop.set()
    reader.join()
    assert torn == []


def test_events_of_other_names_and_comments_are_passed_over() -> None:
    lines = ["retry: 1", "", ": alive", "", "event: other", "data: x", "", "event:directives"]
    lines += ["id: 7", "data:{", "data: }", "", "event: directives", "", "data: y", ""]
    assert list(events(iter(lines), "directives")) == ["{\n}"]


def test_the_version_that_a_directive_is_about_is_kept_on_disk(
    server: StandIn, connect: Connect, spool_dir: Path, soon: str
) -> None:
    server.direct({**fallback(soon), "of_version": "v2"})
    first = connect(spool_dir=spool_dir)
    assert first.ready(PLENTY_S)
    first.close()
    server.stop()
    theirs = connect(spool_dir=spool_dir, version="v1")
    assert guarded(theirs)({}) == "approved"
    theirs.close()
    ours = connect(spool_dir=spool_dir, version="v2")
    assert guarded(ours)({}) == "declined"
    assert not ours.allow({})

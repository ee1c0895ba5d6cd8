"""Deciding a call, with the servers on real ports."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.gateway.server import Server, running
from tests.gateway.stage import RULES, Desk
from tests.gateway.test_verdict import SERVED
from tocsin.gateway.counts import Counts
from tocsin.gateway.desk import PART_BYTES, Case, Decided, decide, judged, moved, refused
from tocsin.gateway.dialects import v1
from tocsin.gateway.relay import WHOLE_BYTES, Relay
from tocsin.gateway.served import Rules, Served
from tocsin.gateway.verdict import replaced
from tocsin.gateway.wire import Call

NOW = datetime.now(UTC)


def case_of(served: Served, *regions: str) -> Case:
    rows = [{"income": 700, "region": region} for region in regions]
    body = json.dumps({"instances": rows}).encode()
    call = Call("POST", "/v1/models/loans:predict", "/v1/models/loans:predict", [], body)
    return Case(served, v1, call, v1.read(body, {}, served), "c")


def told(*directives: dict[str, Any]) -> Desk:
    desk = Desk()
    desk.direct(*directives)
    return desk


def test_each_row_is_judged_by_its_own_attributes() -> None:
    desk = told({"action": "review", "slice": {"region": "north"}})
    ways = [one.decided_by for one in judged(case_of(SERVED, "north", "south"), desk, NOW)]
    assert ways == ["review", "system"]


@pytest.mark.parametrize(
    ("action", "status", "code"),
    [("block", 403, "rows 1"), ("review", 202, "rows 1"), ("fallback", 503, "no fallback")],
)
def test_a_row_that_nothing_stands_in_for_refuses_the_call(
    action: str, status: int, code: str
) -> None:
    case = case_of(replace(SERVED, fallback=None), "south", "north")
    desk = told({"action": action, "slice": {"region": "north"}})
    reply = refused(case, judged(case, desk, NOW))
    assert reply is not None
    assert reply.status == status
    assert code in json.loads(reply.body)["error"]


def test_with_something_declared_for_every_way_nothing_is_refused() -> None:
    case = case_of(replace(SERVED, pending="later", blocked="no"), "north", "south")
    for action in ("block", "review", "fallback", "kill"):
        assert refused(case, judged(case, told({"action": action}), NOW)) is None


def decided(case: Case, desk: Desk) -> Decided:
    async def play() -> Decided:
        async with Relay() as relay:
            return await decide(case, judged(case, desk, NOW), relay, Counts())

    return asyncio.run(play())


def test_rows_of_two_versions_are_asked_for_at_once_and_put_together_in_order() -> None:
    server, other = Server(), Server(bias=0.2)
    with running(server) as server.url, running(other) as other.url:
        server.faults.delay_s = other.faults.delay_s = 0.5
        served = replace(SERVED, upstream=server.url, versions={"v1": other.url}, fallback=RULES)
        desk = told({"action": "rollback", "to_version": "v1", "slice": {"region": "north"}})
        done = decided(case_of(served, "south", "north", "south"), desk)
        scores = [one["score"] for one in json.loads(done.reply.body)["predictions"]]
        assert scores == [0.56, 0.76, 0.56]
        assert [one.version for one in done.verdicts] == ["v2", "v1", "v2"]

        # one of them fails: its rows go to the rules, the others' answers stay
        other.faults.status = 500
        done = decided(case_of(served, "south", "north", "south"), desk)
        scores = [one["score"] for one in json.loads(done.reply.body)["predictions"]]
        assert scores == [0.56, 0.2, 0.56]
        assert done.verdicts[1].error == "HTTP 500"

        # one of them refuses: that is the caller's to read
        other.faults.status = 422
        assert decided(case_of(served, "south", "north"), desk).reply.status == 422


@pytest.mark.parametrize(
    ("size", "short", "why"),
    [
        (WHOLE_BYTES + 100_000, True, "RemoteProtocolError"),
        (PART_BYTES + 100_000, False, "TooLong"),
    ],
    ids=["breaks off", "too long"],
)
@pytest.mark.parametrize("fallback", [RULES, None], ids=["rules", "no rules"])
def test_a_part_that_breaks_off_or_does_not_end_fails_as_any_other(
    size: int, short: bool, why: str, fallback: Rules | None
) -> None:
    server, other = Server(), Server()
    other.faults.garbage, other.faults.short = b"x" * size, short
    with running(server) as server.url, running(other) as other.url:
        served = replace(SERVED, upstream=server.url, versions={"v1": other.url}, fallback=fallback)
        desk = told({"action": "rollback", "to_version": "v1", "slice": {"region": "north"}})
        done = decided(case_of(served, "south", "north"), desk)
    assert done.verdicts[1].error == why
    if fallback is None:
        assert done.reply.status == 502
    else:
        scores = [one["score"] for one in json.loads(done.reply.body)["predictions"]]
        assert scores == [0.56, 0.2]


def test_without_rules_one_failed_part_fails_the_call() -> None:
    server = Server()
    with running(server) as server.url:
        served = replace(
            SERVED, upstream=server.url, versions={"v1": "http://127.0.0.1:9"}, fallback=None
        )
        desk = told({"action": "rollback", "to_version": "v1", "slice": {"region": "north"}})
        done = decided(case_of(served, "south", "north"), desk)
        assert done.reply.status == 502
        assert done.verdicts[1].error == "ConnectError"


def test_of_a_version_is_obeyed_where_that_version_would_answer() -> None:
    rules = {"action": "fallback", "of_version": "v1"}
    case = case_of(replace(SERVED, versions={"v1": "http://b"}), "north", "south")

    def deciders(*directives: dict[str, Any]) -> list[tuple[str, str]]:
        return [(one.decided_by, one.version) for one in judged(case, told(*directives), NOW)]

    back = {"action": "rollback", "to_version": "v1", "slice": {"region": "north"}}
    assert deciders(rules) == [("system", "v2")] * 2
    assert deciders(rules, back) == [("fallback", "v1"), ("system", "v2")]
    unknown = {**back, "to_version": "v0"}
    assert deciders({**rules, "of_version": "v0"}, unknown) == [
        ("fallback", "v2"),  # the rules would answer, no version
        ("system", "v2"),
    ]


def test_a_canary_is_barred_from_falling_back_on_a_version_that_is_contained() -> None:
    canary = {"action": "canary", "to_version": "v1", "share": 1.0}
    block = {"action": "block", "of_version": "v2", "slice": {"region": "north"}}
    verdicts = judged(case_of(SERVED, "north", "south"), told(canary, block), NOW)
    assert [one.barred for one in verdicts] == [True, False]
    assert [one.asks for one in verdicts] == ["v1", "v1"]


def test_a_threshold_of_a_version_is_that_of_the_version_that_answered() -> None:
    desk = told(
        {"action": "threshold", "threshold": 0.7, "of_version": "v1"},
        {"action": "rollback", "to_version": "v1", "slice": {"region": "north"}},
    )
    case = case_of(SERVED, "north", "south")
    verdicts = judged(case, desk, NOW)
    assert [one.moved is not None for one in moved(case, verdicts, desk, NOW)] == [True, False]
    failed = [replaced(one, "HTTP 500", SERVED) for one in verdicts]
    assert [one.moved for one in moved(case, failed, desk, NOW)] == [None, None]


def test_without_rules_one_row_whose_canary_nobody_may_stand_in_for_fails_the_call() -> None:
    server = Server()
    with running(server) as server.url:
        gone = {"v1": "http://127.0.0.1:9"}
        served = replace(SERVED, upstream=server.url, versions=gone, fallback=None)
        desk = told(
            {"action": "canary", "to_version": "v1", "share": 1.0},
            {"action": "block", "of_version": "v2", "slice": {"region": "north"}},
        )
        for regions in (("south", "north"), ("north", "south")):
            done = decided(case_of(served, *regions), desk)
            assert done.reply.status == 502
            barred = done.verdicts[regions.index("north")]
            assert (barred.decided_by, barred.error) == ("system", "ConnectError")
        assert server.seen == []

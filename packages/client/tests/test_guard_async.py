"""The guard on async functions."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from desk import (
    Desk,
    always,
    crash,
    decided,
    directive,
    earlier,
    hanging,
    rules,
    slow_broken,
    slow_rules,
    slow_system,
)

from tocsin_client import Contained, Pending
from tocsin_client.case import last_id
from tocsin_client.directives import Action, Board


def test_an_async_function_stays_async_and_its_caller_sees_the_id() -> None:
    desk = Desk()
    decide = desk.guard(fallback=rules)(slow_system)

    async def serve() -> tuple[object, str | None]:
        return await decide({"income": 1}), last_id.get()

    assert asyncio.run(serve()) == (0.7, desk.row["id"])
    assert decided(desk) == ("system", "v2", None, None)


@pytest.mark.parametrize("fallback", [rules, slow_rules])
def test_async_failures_and_overruns_fall_back_to_either_kind_of_fallback(fallback: Any) -> None:
    for function, error in ((slow_broken, "ZeroDivisionError"), (hanging, "TimeoutError")):
        desk = Desk()
        budget_s = 0.02 if function is hanging else 60
        decide = desk.guard(fallback=fallback, timeout_s=budget_s)(function)
        assert asyncio.run(decide({})) == "declined"
        assert decided(desk) == ("fallback", "v2", None, error)


@pytest.mark.parametrize("other", [earlier, slow_system])
def test_async_rollback_and_review(other: Any) -> None:
    desk = Desk(directive(Action.ROLLBACK, "v1", region="north"), directive(Action.REVIEW))
    decide = desk.guard(versions={"v1": other}, pending=always("wait"))(slow_broken)
    assert asyncio.run(decide({"region": "north"})) in (0.4, 0.7)
    assert asyncio.run(decide({})) == "wait"
    assert [row["decided_by"] for row in desk.rows] == ["rollback", "review"]


def test_async_errors_come_through_without_a_fallback() -> None:
    desk = Desk()
    with pytest.raises(ZeroDivisionError):
        asyncio.run(desk.guard()(slow_broken)({}))
    desk = Desk(directive(Action.FALLBACK))
    with pytest.raises(Contained):
        asyncio.run(desk.guard()(slow_system)({}))
    with pytest.raises(KeyError):
        asyncio.run(desk.guard(fallback=crash)(slow_system)({}))


def test_a_cancelled_decision_is_no_decision() -> None:
    desk = Desk()
    decide = desk.guard(fallback=rules, timeout_s=60)(hanging)

    async def give_up() -> None:
        task = asyncio.ensure_future(decide({}))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(give_up())
    assert desk.rows == []


def test_under_a_block_an_async_callable_may_shape_the_answer() -> None:
    desk = Desk(directive(Action.BLOCK))
    assert asyncio.run(desk.guard(blocked=slow_rules)(slow_system)({})) == "declined"
    assert decided(desk) == ("block", "v2", "dir_1", None)


def test_an_async_canary_that_fails_leaves_the_answer_to_the_guarded_function() -> None:
    desk = Desk(directive(Action.CANARY, "v3"))
    guarded = desk.guard(fallback=slow_rules, versions={"v3": slow_broken})(slow_system)
    assert asyncio.run(guarded({})) == 0.7
    assert decided(desk) == ("fallback", "v3", "dir_1", "ZeroDivisionError")


def test_async_advice_goes_to_the_person_or_is_done_without() -> None:
    desk = Desk(directive(Action.REVIEW))
    for function in (slow_system, slow_broken):
        assert isinstance(asyncio.run(desk.guard(advises=True)(function)({})), Pending)
    late = desk.guard(advises=True, timeout_s=0.01)(hanging)
    assert isinstance(asyncio.run(late({})), Pending)
    assert [asked["score"] for asked in desk.referred] == [0.7, None, None]
    assert desk.failures == ["advice", "advice"]


def test_a_version_that_is_contained_stands_in_for_no_canary_that_failed() -> None:
    own = replace(directive(Action.BLOCK), id="dir_9", of_version="v2")
    desk = Desk(directive(Action.CANARY, "v3"), of_versions={"v2": Board(directives=(own,))})
    guarded: Any = desk.guard(fallback=rules, versions={"v3": slow_broken})(slow_system)
    assert asyncio.run(guarded({})) == "declined"
    assert decided(desk) == ("fallback", "v3", "dir_1", "ZeroDivisionError")

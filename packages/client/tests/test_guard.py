"""Who decides, what the service gets, and what is written down; no network."""

import threading
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import pytest
from desk import (
    Desk,
    always,
    broken,
    crash,
    decided,
    directive,
    earlier,
    rules,
    slow_rules,
    slow_system,
    system,
)

from tocsin_client import Contained, Pending
from tocsin_client.case import last_id
from tocsin_client.directives import Action


def test_a_decision_is_returned_untouched_and_written_down() -> None:
    desk, answer = Desk(), {"score": 0.7, "prediction": "approved"}
    decide = desk.guard(fallback=rules)(always(answer))
    assert decide({"income": 10, "region": "north"}) is answer
    row = desk.row
    latency_ms = row.pop("latency_ms")
    assert isinstance(latency_ms, float)
    assert 0 <= latency_ms < 60_000
    assert row.pop("id") == last_id.get()
    assert row == {
        "at": desk.now(),
        "version": "v2",
        "features": {"income": 10, "region": "north"},
        "attributes": {"income": 10, "region": "north"},
        "score": 0.7,
        "prediction": "approved",
        "decided_by": "system",
        "directive": None,
        "error": None,
    }


def test_a_service_that_tells_its_load_has_it_in_every_row() -> None:
    desk, busy = Desk(), iter((3, 9, -1))
    decide = desk.guard(capacity_used=lambda: next(busy) / 8)(always({"score": 0.7}))
    for _ in range(4):  # at last it tells nonsense, then it fails
        assert decide({"income": 10}) == {"score": 0.7}
    assert [row.get("capacity_used") for row in desk.rows] == [0.375, 1.125, None, None]
    assert desk.failures == ["capacity_used"] * 2


def test_the_service_says_how_its_calls_are_read() -> None:
    desk = Desk()

    def features(*_person: str, amount: int) -> Mapping[str, object]:
        return {"amount": amount}

    def attributes(person: str, **_inputs: int) -> Mapping[str, object]:
        return {"sex": person}

    def name(person: str, amount: int) -> str:
        return f"{person}-{amount}"

    @desk.guard(
        features=features,
        attributes=attributes,
        score=itemgetter(0),
        prediction=itemgetter(1),
        id=name,
    )
    def decide(person: str, *, amount: int) -> tuple[float, str]:
        return amount / 10, f"yes to {person}"

    decide("f", amount=9)
    row = desk.row
    assert (row["id"], row["features"], row["attributes"]) == ("f-9", {"amount": 9}, {"sex": "f"})
    assert (row["score"], row["prediction"]) == (0.9, "yes to f")


def test_inputs_are_written_down_as_they_were_before_the_call() -> None:
    desk = Desk()

    def decide(application: dict[str, int]) -> float:
        return application.pop("income") / 100

    assert desk.guard()(decide)({"income": 10}) == 0.1
    assert desk.row["features"] == {"income": 10}


def test_a_callable_of_the_service_that_fails_costs_its_own_field_only() -> None:
    desk = Desk()
    decide = desk.guard(
        features=crash, attributes=crash, score=crash, prediction=crash, id=always("")
    )(system)
    assert decide({}) == 0.7
    assert desk.failures == ["features", "attributes", "id", "score", "prediction"]
    assert desk.row["id"]
    assert (desk.row["features"], desk.row["score"]) == ({}, None)


def test_under_a_fallback_directive_the_fallback_decides_on_that_slice_only() -> None:
    desk = Desk(directive(Action.FALLBACK, region="north"))
    decide = desk.guard(fallback=rules)(system)
    assert decide({"region": "south"}) == 0.7
    assert decide({"region": "north"}) == "declined"
    assert [row["decided_by"] for row in desk.rows] == ["system", "fallback"]
    assert desk.rows[1]["directive"] == "dir_1"
    assert (desk.rows[1]["score"], desk.rows[1]["prediction"]) == (None, "declined")


def test_under_a_rollback_the_earlier_version_decides_and_the_row_names_it() -> None:
    desk = Desk(directive(Action.ROLLBACK, "v1"))
    assert desk.guard(fallback=rules, versions={"v1": earlier})(system)({}) == 0.4
    assert decided(desk) == ("rollback", "v1", "dir_1", None)


def test_a_replica_that_runs_the_wanted_version_already_decides_itself() -> None:
    desk = Desk(directive(Action.ROLLBACK, "v2"))
    assert desk.guard(fallback=rules)(system)({}) == 0.7
    assert decided(desk) == ("rollback", "v2", "dir_1", None)


@pytest.mark.parametrize("to_version", ["v0", None])
def test_a_rollback_to_an_unregistered_version_falls_back_and_says_so(
    to_version: str | None,
) -> None:
    desk = Desk(directive(Action.ROLLBACK, to_version))
    assert desk.guard(fallback=rules, versions={"v1": earlier})(system)({}) == "declined"
    assert decided(desk) == ("fallback", "v2", "dir_1", "VersionNotRegistered")


def test_an_earlier_version_that_fails_falls_back() -> None:
    desk = Desk(directive(Action.ROLLBACK, "v1"))
    assert desk.guard(fallback=rules, versions={"v1": broken})(system)({}) == "declined"
    assert decided(desk) == ("fallback", "v2", "dir_1", "ZeroDivisionError")


def test_under_review_nobody_decides_yet_and_the_answer_says_so() -> None:
    desk = Desk(directive(Action.REVIEW, sex="f"))
    answer = desk.guard(fallback=rules)(broken)({"sex": "f"})
    assert isinstance(answer, Pending)
    assert answer.prediction_id == desk.row["id"] == last_id.get()
    assert "dir_1" in answer.why
    assert "sex=f" in answer.why
    assert decided(desk) == ("review", "v2", "dir_1", None)
    assert (desk.row["score"], desk.row["prediction"]) == (None, None)


def test_under_review_a_person_is_asked_about_what_was_to_be_decided() -> None:
    desk = Desk(directive(Action.REVIEW, sex="f"))
    desk.guard(fallback=rules)(broken)({"sex": "f", "income": 7})
    (asked,) = desk.referred
    assert {name: asked[name] for name in ("id", "features", "directive", "version")} == {
        "id": desk.row["id"],
        "features": {"sex": "f", "income": 7},
        "directive": "dir_1",
        "version": "v2",
    }
    assert (asked["score"], asked["prediction"]) == (None, None)
    desk.guard(fallback=rules)(system)({"sex": "m"})
    assert len(desk.referred) == 1


def test_the_function_may_advise_the_person_and_nobody_else_hears_it() -> None:
    desk = Desk(directive(Action.REVIEW))
    answer = desk.guard(advises=True)(always({"score": 0.7, "prediction": "yes"}))({})
    assert isinstance(answer, Pending)
    (asked,) = desk.referred
    assert (asked["score"], asked["prediction"]) == (0.7, "yes")
    assert (desk.row["score"], desk.row["prediction"]) == (None, None)


@pytest.mark.parametrize("timeout_s", [None, 60.0])
def test_advice_that_fails_costs_the_person_nothing_but_the_advice(
    timeout_s: float | None,
) -> None:
    desk = Desk(directive(Action.REVIEW))
    guarded = desk.guard(advises=True, timeout_s=timeout_s)
    assert isinstance(guarded(broken)({}), Pending)
    assert isinstance(guarded(system)({}), Pending)
    assert [asked["score"] for asked in desk.referred] == [None, 0.7]
    assert desk.failures == ["advice"]


def test_the_service_may_shape_the_pending_answer() -> None:
    desk = Desk(directive(Action.REVIEW))

    def accepted(pending: Pending, application: Mapping[str, object]) -> tuple[int, str, object]:
        return 202, pending.prediction_id, application["income"]

    answer = desk.guard(pending=accepted)(system)({"income": 7})
    assert answer == (202, desk.row["id"], 7)


def test_a_pending_callable_that_fails_still_leaves_the_pending_answer() -> None:
    desk = Desk(directive(Action.REVIEW))
    assert isinstance(desk.guard(pending=crash)(system)({}), Pending)
    assert desk.failures == ["pending"]


def test_a_function_that_raises_falls_back() -> None:
    desk = Desk()
    assert desk.guard(fallback=rules)(broken)({}) == "declined"
    assert decided(desk) == ("fallback", "v2", None, "ZeroDivisionError")


def test_without_a_fallback_the_functions_own_error_comes_through() -> None:
    desk = Desk()
    with pytest.raises(ZeroDivisionError):
        desk.guard()(broken)({})
    assert decided(desk) == ("system", "v2", None, "ZeroDivisionError")


def test_when_the_fallback_fails_too_the_first_error_comes_through() -> None:
    desk = Desk()
    with pytest.raises(ZeroDivisionError):
        desk.guard(fallback=crash)(broken)({})
    assert decided(desk) == ("fallback", "v2", None, "ZeroDivisionError")


def test_a_fallback_that_fails_under_a_directive_raises_its_own_error() -> None:
    desk = Desk(directive(Action.FALLBACK))
    with pytest.raises(KeyError):
        desk.guard(fallback=crash)(system)({})
    assert decided(desk) == ("fallback", "v2", "dir_1", "KeyError")


def test_a_contained_system_without_a_fallback_refuses_rather_than_decides() -> None:
    desk = Desk(directive(Action.FALLBACK))
    with pytest.raises(Contained, match="dir_1"):
        desk.guard()(system)({})
    assert decided(desk) == ("fallback", "v2", "dir_1", None)
    assert desk.row["prediction"] is None


def test_with_control_lost_and_failing_closed_everybody_gets_the_fallback() -> None:
    desk = Desk(directive(Action.REVIEW))
    desk.lost = True
    assert desk.guard(fallback=rules)(system)({}) == "declined"
    assert decided(desk) == ("fallback", "v2", None, "ControlLost")


def test_a_function_beyond_its_time_budget_falls_back() -> None:
    desk, release = Desk(), threading.Event()

    def hang(_: Mapping[str, object]) -> bool:
        return release.wait(60)

    assert desk.guard(fallback=rules, timeout_s=0.02)(hang)({}) == "declined"
    assert decided(desk) == ("fallback", "v2", None, "TimeoutError")
    release.set()
    desk.runner.close()


def test_a_function_within_its_time_budget_decides() -> None:
    desk = Desk()
    assert desk.guard(fallback=rules, timeout_s=60)(system)({}) == 0.7
    assert decided(desk) == ("system", "v2", None, None)
    desk.runner.close()


def test_interrupts_and_exits_pass_through_unlogged() -> None:
    def leave(_: object) -> None:
        raise SystemExit(3)

    desk = Desk()
    for budget_s in (None, 60.0):
        with pytest.raises(SystemExit):
            desk.guard(fallback=rules, timeout_s=budget_s)(leave)({})
    assert desk.rows == []
    desk.runner.close()


def test_after_a_guarded_call_inside_a_guarded_call_the_last_id_is_the_outer_ones() -> None:
    desk = Desk()
    inner = desk.guard(id=always("inner"))(system)
    desk.guard(id=always("outer"))(inner)({})
    assert last_id.get() == "outer"


def test_a_method_keeps_its_name_and_its_inputs() -> None:
    desk = Desk()

    class Service:
        @desk.guard(fallback=rules)
        def decide(self, application: Mapping[str, float]) -> float:
            """Decide."""
            return application["share"]

    assert Service().decide({"share": 0.7}) == 0.7
    assert Service.decide.__doc__ == "Decide."
    assert desk.row["features"] == {"share": 0.7}


def test_what_cannot_be_guarded_is_refused_where_it_is_written() -> None:
    def stream() -> Any:
        yield 1

    with pytest.raises(TypeError, match="generator"):
        Desk().guard()(stream)
    with pytest.raises(TypeError, match="async"):
        Desk().guard(fallback=slow_rules)(system)
    with pytest.raises(TypeError, match="async"):
        Desk().guard(versions={"v1": slow_system})(system)


@pytest.mark.parametrize("action", [Action.BLOCK, Action.KILL])
def test_under_a_block_nobody_decides_not_even_the_fallback(action: Action) -> None:
    desk = Desk(directive(action))
    asked: list[object] = []
    with pytest.raises(Contained, match="nobody may decide"):
        desk.guard(fallback=asked.append)(asked.append)({"region": "north"})
    assert asked == []
    assert decided(desk) == ("block", "v2", "dir_1", None)


def test_the_service_may_shape_the_blocked_answer() -> None:
    desk = Desk(directive(Action.BLOCK, region="north"))
    guarded: Any = desk.guard(blocked=always("come back later"))(system)
    assert guarded({"region": "north"}) == "come back later"
    assert guarded({"region": "south"}) == 0.7
    assert [row["decided_by"] for row in desk.rows] == ["block", "system"]


def test_a_canary_decides_for_its_share_and_for_the_same_people_each_time() -> None:
    desk = Desk(directive(Action.CANARY, "v3", 0.3))
    guarded: Any = desk.guard(versions={"v3": earlier}, sticky=itemgetter("customer"))(system)
    first = [guarded({"customer": k}) for k in range(1000)]
    assert 240 < first.count(0.4) < 360
    assert [guarded({"customer": k}) for k in range(1000)] == first
    by_canary = [row for row in desk.rows if row["version"] == "v3"]
    assert {row["decided_by"] for row in by_canary} == {"system"}
    assert {row["directive"] for row in by_canary} == {"dir_1"}
    assert {row["directive"] for row in desk.rows if row["version"] == "v2"} == {None}


def test_a_canary_that_fails_costs_nobody_an_answer_and_is_blamed_itself() -> None:
    desk = Desk(directive(Action.CANARY, "v3"))
    assert desk.guard(fallback=rules, versions={"v3": crash})(system)({}) == 0.7
    assert decided(desk) == ("fallback", "v3", "dir_1", "KeyError")


def test_a_canary_nobody_registered_leaves_the_decision_where_it_was() -> None:
    desk = Desk(directive(Action.CANARY, "v3"))
    assert desk.guard(fallback=rules)(system)({}) == 0.7
    assert decided(desk) == ("system", "v2", "dir_1", "VersionNotRegistered")


def test_a_sticky_callable_that_fails_leaves_the_share_to_the_id() -> None:
    desk = Desk(directive(Action.CANARY, "v3", 0.0))
    assert desk.guard(versions={"v3": earlier}, sticky=crash)(system)({}) == 0.7
    assert desk.failures == ["sticky"]

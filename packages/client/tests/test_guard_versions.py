"""Directives of a version: who decides where that version would, and what the row says."""

from dataclasses import replace
from typing import Any

import pytest
from desk import Desk, always, broken, crash, decided, directive, earlier, rules, system

from tocsin_client.directives import Action, Board, Directive


def of_version(version: str, one: Directive) -> dict[str, Board]:
    return {version: Board(directives=(replace(one, id="dir_9", of_version=version),))}


def test_of_two_services_only_the_one_that_runs_the_version_falls_back() -> None:
    named = of_version("v2", directive(Action.FALLBACK, region="north"))
    ours, theirs = Desk(of_versions=named), Desk(of_versions=named)
    theirs.version = "v1"
    for desk in (ours, theirs):
        decide = desk.guard(fallback=rules)(system)
        assert decide({"region": "south"}) == 0.7
        decide({"region": "north"})
    assert [(row["decided_by"], row["version"]) for row in ours.rows] == [
        ("system", "v2"),
        ("fallback", "v2"),
    ]
    assert ours.rows[1]["directive"] == "dir_9"
    assert [(row["decided_by"], row["directive"]) for row in theirs.rows] == [("system", None)] * 2


@pytest.mark.parametrize(
    ("action", "to_version", "row"),
    [
        (Action.FALLBACK, None, ("fallback", "v3", "dir_9", None)),
        (Action.REVIEW, None, ("review", "v3", "dir_9", None)),
        (Action.BLOCK, None, ("block", "v3", "dir_9", None)),
        (Action.ROLLBACK, "v2", ("rollback", "v2", "dir_9", None)),
        (Action.ROLLBACK, "v1", ("rollback", "v1", "dir_9", None)),
        (Action.ROLLBACK, "v0", ("fallback", "v3", "dir_9", "VersionNotRegistered")),
    ],
)
def test_what_is_decided_instead_of_a_canary_stays_in_its_row_unless_another_version_decides(
    action: Action, to_version: str | None, row: tuple[object, ...]
) -> None:
    canary = directive(Action.CANARY, "v3")
    desk = Desk(canary, of_versions=of_version("v3", directive(action, to_version)))
    versions = {"v1": earlier, "v3": broken}
    guarded: Any = desk.guard(fallback=rules, blocked=always("no"), versions=versions)(system)
    guarded({})
    assert decided(desk) == row


def test_a_canary_nobody_registered_is_our_own_decision_and_contained_as_that() -> None:
    canary = directive(Action.CANARY, "v3")
    desk = Desk(canary, of_versions=of_version("v3", directive(Action.FALLBACK)))
    assert desk.guard(fallback=rules)(system)({}) == 0.7
    own = Desk(canary, of_versions=of_version("v2", directive(Action.FALLBACK)))
    assert own.guard(fallback=rules)(system)({}) == "declined"
    assert decided(own) == ("fallback", "v2", "dir_9", None)


def test_a_version_that_is_contained_stands_in_for_no_canary_that_failed() -> None:
    canary = directive(Action.CANARY, "v3")
    desk = Desk(canary, of_versions=of_version("v2", directive(Action.BLOCK)))
    guarded: Any = desk.guard(fallback=rules, versions={"v3": crash})(system)
    assert guarded({}) == "declined"
    assert decided(desk) == ("fallback", "v3", "dir_1", "KeyError"), "its failure is its own"


def test_the_version_that_is_contained_advises_the_person() -> None:
    canary = directive(Action.CANARY, "v3")
    desk = Desk(canary, of_versions=of_version("v3", directive(Action.REVIEW)))
    desk.guard(advises=True, versions={"v3": earlier})(system)({})
    (asked,) = desk.referred
    assert (asked["version"], asked["score"]) == ("v3", 0.4)


def test_where_control_is_lost_no_version_is_asked_for() -> None:
    desk = Desk(of_versions=of_version("v2", directive(Action.BLOCK)))
    desk.lost = True
    assert desk.guard(fallback=rules)(system)({}) == "declined"
    assert decided(desk) == ("fallback", "v2", None, "ControlLost")

"""Directives for the serving side."""

from dataclasses import replace
from datetime import datetime, timedelta

from tests.store import examples
from tests.web.cast import Stage
from tocsin.contain.directive import Action
from tocsin.detect.stages import SERVING
from tocsin.store import containment, stages
from tocsin.web.directives import NOTED_EVERY
from tocsin_client import directives as client
from tocsin_client.directives import read_board

PATH = "/v1/directives?system=loans"


def test_what_is_in_force_is_told_with_its_version(stage: Stage) -> None:
    assert stage.ask("service", "GET", PATH).json() == {
        "version": 0,
        "directives": [],
        "of_versions": [],
    }
    with stage.site.database.unit("test", stage.watch()) as unit:
        containment.add_directives(unit, [examples.directive()])
    told = stage.ask("service", "GET", PATH).json()
    assert told == {
        "version": 1,
        "directives": [
            {
                "id": "dir_1",
                "action": "fallback",
                "slice": {"sex": "f"},
                "of_version": None,
                "to_version": None,
                "share": None,
                "threshold": None,
                "expires_at": "2026-11-20T15:05:00Z",
                "glass": False,
            }
        ],
        "of_versions": [],
    }
    stage.watch.forward(timedelta(hours=1))
    assert stage.ask("service", "GET", PATH).json()["directives"] == []


def test_an_unknown_system_is_told(stage: Stage) -> None:
    answer = stage.ask("service", "GET", "/v1/directives?system=fraud")
    assert answer.status_code == 404
    assert stage.ask("service", "GET", "/v1/directives").status_code == 422


def test_a_canary_is_told_with_its_share_and_what_only_people_see_is_not(stage: Stage) -> None:
    canary = replace(examples.directive("dir_1"), action=Action.CANARY, to_version="2", share=0.1)
    moved = replace(examples.directive("dir_2"), action=Action.THRESHOLD, threshold=0.7)
    watched = replace(examples.directive("dir_3"), action=Action.NOTIFY)
    with stage.site.database.unit("test", stage.watch()) as unit:
        containment.add_directives(unit, [canary, moved, watched])
    body = stage.ask("service", "GET", PATH).json()
    told = [(d["action"], d["to_version"], d["share"], d["threshold"]) for d in body["directives"]]
    assert told == [("canary", "2", 0.1, None), ("threshold", None, None, 0.7)]
    # and the serving side reads exactly that
    board = read_board(body)
    assert (len(board.directives), len(board.beside), board.unreadable) == (1, 1, 0)
    assert board.directives[0].share == 0.1


def test_every_action_that_is_told_is_one_the_serving_side_knows() -> None:
    assert {action.value for action in Action if action.told} == {a.value for a in client.Action}


def asked_at(stage: Stage) -> datetime | None:
    with stage.site.database.reading() as conn:
        sign = stages.get(conn, SERVING, "loans")
    return sign.at if sign else None


def test_who_asks_what_is_in_force_is_known_to_hear_it(stage: Stage) -> None:
    began = asked_at(stage)
    stage.watch.forward(NOTED_EVERY)
    stage.ask("service", "GET", PATH)
    assert asked_at(stage) == stage.watch() != began
    # two hundred clients that ask every ten seconds are not written down two hundred times
    stage.watch.forward(NOTED_EVERY / 2)
    stage.ask("service", "GET", PATH)
    assert asked_at(stage) == stage.watch() - NOTED_EVERY / 2


def test_a_person_who_looks_is_no_service(stage: Stage) -> None:
    before = asked_at(stage)
    stage.watch.forward(NOTED_EVERY)
    stage.sign_in("aspen")
    assert stage.client.get(PATH).status_code == 200
    assert asked_at(stage) == before


def test_whoever_asks_while_it_cannot_be_noted_is_answered(stage: Stage) -> None:
    before = asked_at(stage)
    stage.watch.forward(NOTED_EVERY)
    with stage.site.noting:
        assert stage.ask("service", "GET", PATH).status_code == 200
    assert asked_at(stage) == before


def test_what_is_of_one_version_is_told_apart_from_what_older_clients_obey(stage: Stage) -> None:
    of_2 = replace(examples.directive("dir_2"), of_version="2")
    with stage.site.database.unit("test", stage.watch()) as unit:
        containment.add_directives(unit, [examples.directive("dir_1"), of_2])
    body = stage.ask("service", "GET", PATH).json()
    assert [one["id"] for one in body["directives"]] == ["dir_1"]
    assert [(one["id"], one["of_version"]) for one in body["of_versions"]] == [("dir_2", "2")]
    board = read_board(body)
    assert [one.id for one in board.of_versions["2"].directives] == ["dir_2"]
    assert board.unreadable == 0

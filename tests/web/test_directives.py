"""Directives for the serving side."""

from datetime import timedelta

from tests.store import examples
from tests.web.cast import Stage
from tocsin.store import containment

PATH = "/v1/directives?system=loans"


def test_what_is_in_force_is_told_with_its_version(stage: Stage) -> None:
    assert stage.ask("service", "GET", PATH).json() == {"version": 0, "directives": []}
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
                "to_version": None,
                "expires_at": "2026-11-20T15:05:00Z",
            }
        ],
    }
    stage.watch.forward(timedelta(hours=1))
    assert stage.ask("service", "GET", PATH).json()["directives"] == []


def test_an_unknown_system_is_told(stage: Stage) -> None:
    answer = stage.ask("service", "GET", "/v1/directives?system=fraud")
    assert answer.status_code == 404
    assert stage.ask("service", "GET", "/v1/directives").status_code == 422

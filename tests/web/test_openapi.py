"""The OpenAPI file is true: every route answers as it says, for whatever it is sent."""

from collections.abc import Generator
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi import checks

from tests.web import story
from tests.web.cast import Stage
from tests.web.conftest import Blank, staged
from tocsin.store import stages
from tocsin.web.access import Scope
from tocsin.web.route import Route
from tocsin.web.urls import ROUTES


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, blank: Blank) -> Generator[Stage]:
    """Yield an application with an incident of which everything is known."""
    with staged(tmp_path_factory.mktemp("told"), blank) as stage:
        with stage.site.database.unit("worker", stage.watch(), quiet=True) as unit:
            stages.beat(unit, "detect")
        story.traffic(stage, version="1", hours_ago=2, women=40, everyone=100)
        story.alarm(stage)
        story.known(stage, story.declare(stage))
        stage.ask("responder", "POST", "/v1/incidents/1/plans")
        yield stage


@pytest.fixture(scope="module")
def described(told: Stage) -> Any:
    """Load the file from the running application."""
    return schemathesis.openapi.from_asgi(
        "/openapi.json", cast("Any", told.client).app, headers=headers_of(told)
    )


def headers_of(told: Stage) -> dict[str, str]:
    return {"Authorization": f"Bearer {told.tokens['admin']}", "Host": "localhost"}


NEVER = cast("Any", checks).positive_data_acceptance
JSON_ROUTES = [route for route in ROUTES if route.kind == "json"]


@pytest.mark.parametrize("route", JSON_ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_answers_as_the_file_says(told: Stage, described: Any, route: Route) -> None:
    # its own pytest plugin does not know this pytest yet, so the cases are drawn here
    operation = described[route.path][route.method.lower()]

    @given(operation.as_strategy())
    @settings(
        max_examples=8,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    def answers(case: Any) -> None:
        # what no schema can say (a rollback needs a version, a name must exist) is refused with 400
        case.call_and_validate(headers=headers_of(told), excluded_checks=[NEVER])

    answers()


def test_every_json_route_stands_in_the_file_with_its_scope(told: Stage) -> None:
    paths = told.ask("reader", "GET", "/openapi.json").json()["paths"]
    for route in ROUTES:
        if route.kind != "json":
            assert route.method.lower() not in paths.get(route.path, {})
            continue
        operation = paths[route.path][route.method.lower()]
        if route.scope is Scope.PUBLIC:
            assert "security" not in operation
        else:
            assert operation["security"] == [{"bearer": [route.scope.value]}]
            assert {"401", "403"} <= set(operation["responses"])

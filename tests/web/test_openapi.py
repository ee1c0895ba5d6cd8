"""The OpenAPI file is true: every route answers as it says, for whatever it is sent."""

from collections.abc import Generator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case

from tests.web import story
from tests.web.cast import Stage
from tests.web.conftest import Blank, staged
from tocsin.web.access import Scope
from tocsin.web.urls import ROUTES


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, blank: Blank) -> Generator[Stage]:
    """Yield an application with an incident of which everything is known."""
    with staged(tmp_path_factory.mktemp("told"), blank) as stage:
        story.traffic(stage, version="1", hours_ago=2, women=40, everyone=100)
        story.alarm(stage)
        story.known(stage, story.declare(stage))
        stage.ask("responder", "POST", "/v1/incidents/1/plans")
        yield stage


@pytest.fixture
def described(told: Stage) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi(
        "/openapi.json",
        told.client.app,  # pyright: ignore[reportAttributeAccessIssue] - the test client has it
        headers={"Authorization": f"Bearer {told.tokens['reader']}", "Host": "localhost"},
    )


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_route_answers_as_the_file_says(case: Case, told: Stage) -> None:
    headers = {"Authorization": f"Bearer {told.tokens['admin']}", "Host": "localhost"}
    case.call_and_validate(headers=headers)


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

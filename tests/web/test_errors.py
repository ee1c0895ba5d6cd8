"""How faults look from outside."""

import pytest

from tests.web.cast import Stage
from tocsin.base.errors import BadInput, Conflict, Forbidden, NotFound, TocsinError, Unavailable
from tocsin.web.errors import TooLarge, TooMany, Unauthenticated, fault_of, fault_of_validation


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadInput("a", where="b", do="c"), 400),
        (Unauthenticated("who"), 401),
        (Forbidden("no"), 403),
        (NotFound("none"), 404),
        (Conflict("moved"), 409),
        (TooLarge("long"), 413),
        (TooMany("often", retry_after_s=3), 429),
        (Unavailable("full"), 503),
    ],
)
def test_each_class_has_its_status_and_says_what_to_do(error: TocsinError, status: int) -> None:
    code, fault = fault_of(error)
    assert code == status
    assert fault.what
    assert fault.do or status == 404


def test_a_wrong_shape_names_the_first_place_and_counts_the_rest(stage: Stage) -> None:
    answer = stage.ask("responder", "POST", "/v1/incidents", {"titel": "x"})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["where"].startswith("body.")
    assert "more)" in error["what"]
    fault = fault_of_validation([{"loc": ("query", "limit"), "msg": "too much"}])
    assert (fault.what, fault.where) == ("too much", "query.limit")


def test_what_was_sent_wrongly_is_not_repeated(stage: Stage) -> None:
    answer = stage.ask("responder", "POST", "/v1/incidents", {"secret-word": "hunter2"})
    assert "hunter2" not in answer.text


def test_a_browser_gets_a_page_without_markup_of_the_asker(stage: Stage) -> None:
    answer = stage.client.get("/<script>alert(1)</script>", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script>alert" not in answer.text


def test_broken_json_is_told_as_such(stage: Stage) -> None:
    answer = stage.client.post(
        "/v1/incidents",
        content=b"{",
        headers={
            "Authorization": f"Bearer {stage.tokens['responder']}",
            "Content-Type": "application/json",
        },
    )
    assert answer.status_code == 422
    assert "JSON" in answer.json()["error"]["what"]

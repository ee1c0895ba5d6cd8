"""One write per key."""

from tests.web.cast import Stage

ORDER = {"system": "loans", "title": "Denied"}
KEY = {"Idempotency-Key": "try-1"}


def declare(stage: Stage, who: str, headers: dict[str, str], title: str = "Denied") -> str:
    order = {**ORDER, "title": title}
    answer = stage.ask(who, "POST", "/v1/incidents", order, headers)
    return answer.json()["name"] if answer.status_code == 201 else str(answer.status_code)


def test_the_same_request_under_the_same_key_is_done_once(stage: Stage) -> None:
    assert declare(stage, "responder", KEY) == "INC-1"
    assert declare(stage, "responder", KEY) == "INC-1"
    assert len(stage.ask("reader", "GET", "/v1/incidents").json()["incidents"]) == 1


def test_without_a_key_every_request_counts(stage: Stage) -> None:
    assert [declare(stage, "responder", {}) for _ in range(2)] == ["INC-1", "INC-2"]


def test_the_same_key_for_another_request_is_a_conflict(stage: Stage) -> None:
    assert declare(stage, "responder", KEY) == "INC-1"
    assert declare(stage, "responder", KEY, "Approved") == "409"


def test_keys_of_different_callers_and_routes_never_meet(stage: Stage) -> None:
    assert declare(stage, "responder", KEY) == "INC-1"
    assert declare(stage, "admin", KEY) == "INC-2"
    note = stage.ask("responder", "POST", "/v1/incidents/1/notes", {"text": "x"}, KEY)
    assert note.status_code == 200


def test_a_request_that_failed_may_be_tried_again_under_its_key(stage: Stage) -> None:
    path = "/v1/incidents/1/notes"
    assert stage.ask("responder", "POST", path, {"text": "x"}, KEY).status_code == 404
    declare(stage, "responder", {})
    assert stage.ask("responder", "POST", path, {"text": "x"}, KEY).status_code == 200


def test_a_key_that_is_too_long_is_refused(stage: Stage) -> None:
    assert declare(stage, "responder", {"Idempotency-Key": "k" * 201}) == "422"

"""What a person decided reaches callers of the gateway by the decision's id alone."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from tests.gateway.stage import stage_of
from tocsin.gateway.answers import answer
from tocsin_client.hear import Judged

AT = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)


class Known:
    """A client that knows some answers."""

    def __init__(self, **judged: Judged) -> None:
        self.judged = judged

    def answer(self, prediction_id: str, *, wait_s: float = 0.0) -> Judged | None:
        assert wait_s == 0
        return self.judged.get(prediction_id)


LOANS, FRAUD = Known(a=Judged("true", 2, AT)), Known()


def ask(query: bytes, **controls: Known) -> tuple[int, dict[str, object]]:
    reply = asyncio.run(answer(query, controls))
    return reply.status, json.loads(reply.body)


def test_an_answer_is_told_and_one_that_is_not_there_is_awaited() -> None:
    told = {"answer": "true", "revision": 2, "at": AT.isoformat()}
    assert ask(b"id=a", loans=LOANS) == (200, told)
    assert ask(b"id=a&system=loans", loans=LOANS, fraud=FRAUD) == (200, told)
    assert ask(b"id=b", loans=LOANS) == (202, {"answer": None})


@pytest.mark.parametrize("query", [b"", b"id=", b"id=" + b"x" * 257, b"system=loans"])
def test_a_question_without_an_id_is_refused(query: bytes) -> None:
    status, said = ask(query, loans=LOANS)
    assert status == 400
    assert "id" in str(said["error"])


@pytest.mark.parametrize("query", [b"id=a", b"id=a&system=cards"])
def test_of_several_systems_one_is_named(query: bytes) -> None:
    status, said = ask(query, loans=LOANS, fraud=FRAUD)
    assert (status, said["error"]) == (400, "say of which system: one of fraud, loans")


def test_the_gateway_answers_on_its_own_path() -> None:
    with stage_of() as stage:
        stage.desk.judged["a"] = Judged("no", 1, AT)
        assert stage.client.get("/-/answer", params={"id": "a"}).json()["answer"] == "no"
        assert stage.client.get("/-/answer", params={"id": "b"}).status_code == 202
        assert stage.client.post("/-/answer", params={"id": "a"}).status_code == 404

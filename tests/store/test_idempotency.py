import pytest

from tests.store.examples import HOUR, NOW
from tocsin.base.errors import Conflict
from tocsin.store import idempotency
from tocsin.store.idempotency import Answer
from tocsin.store.unit import Database

ANSWER = Answer(201, {"id": "inc_1", "notes": [1, None, True]})


def test_the_answer_to_a_request_is_given_again(database: Database) -> None:
    with database.unit("web", NOW) as unit:
        assert idempotency.recall(unit.conn, "k1", b"body") is None
        idempotency.remember(unit, "k1", b"body", ANSWER)
        idempotency.remember(unit, "k2", b"body", Answer(204, None))
    with database.reading() as conn:
        assert idempotency.recall(conn, "k1", b"body") == ANSWER
        assert idempotency.recall(conn, "k2", b"body") == Answer(204, None)


def test_a_key_used_for_another_request_is_a_conflict(database: Database) -> None:
    with database.unit("web", NOW) as unit:
        idempotency.remember(unit, "k1", b"body", ANSWER)
    with database.reading() as conn, pytest.raises(Conflict, match="another request"):
        idempotency.recall(conn, "k1", b"other")


def test_the_same_request_done_at_the_same_time_is_a_conflict(database: Database) -> None:
    with database.unit("web", NOW) as unit:
        idempotency.remember(unit, "k1", b"body", ANSWER)
    with pytest.raises(Conflict), database.unit("web", NOW) as unit:
        idempotency.remember(unit, "k1", b"body", ANSWER)


def test_old_answers_are_forgotten(database: Database) -> None:
    for hour in range(3):
        with database.unit("web", NOW + hour * HOUR) as unit:
            idempotency.remember(unit, f"k{hour}", b"body", ANSWER)
    with database.unit("web", NOW) as unit:
        assert idempotency.forget(unit, NOW + HOUR) == 1
    with database.reading() as conn:
        assert idempotency.recall(conn, "k0", b"body") is None
        assert idempotency.recall(conn, "k1", b"body") == ANSWER

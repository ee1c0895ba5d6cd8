"""What people decided reaches the service that asked, and asking never hurts it."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from desk import always
from stand_in import PLENTY_S, StandIn, until

from tocsin_client import Judged, Pending, Tocsin
from tocsin_client.hear import read

AT = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
SAID = {"state": "settled", "answer": "true", "revision": 1, "at": AT.isoformat()}
Connect = Callable[..., Tocsin]


def direct_review(server: StandIn, client: Tocsin, soon: str) -> None:
    server.direct({"id": "dir_1", "action": "review", "slice": {}, "expires_at": soon})
    assert client.ready(PLENTY_S)
    assert until(lambda: client.choose({}, client.now()) is not None) < PLENTY_S


def test_a_decision_under_review_travels_to_the_queue_beside_its_row(
    server: StandIn, connect: Connect, soon: str
) -> None:
    client = connect()
    direct_review(server, client, soon)
    answer = client.guard()(always(0.5))({"income": 7})
    assert isinstance(answer, Pending)
    assert client.flush(PLENTY_S)
    sent = {path: rows for path, _, rows in server.posts}
    (asked,) = sent["/v1/systems/loan-approval/referrals"]
    (row,) = sent["/v1/predictions"]
    assert asked["id"] == row["id"] == answer.prediction_id
    assert (asked["features"], asked["directive"]) == ({"income": 7}, "dir_1")
    assert row["decided_by"] == "review"


def test_the_answer_is_heard_once_there_is_one(server: StandIn, connect: Connect) -> None:
    client = connect()
    assert client.answer("a") is None
    server.judged["a"] = {"state": "waiting", "answer": None, "revision": 0, "at": None}
    assert client.answer("a") is None
    timer = threading.Timer(0.2, lambda: server.judged.update(a=SAID))
    timer.start()
    assert client.answer("a", wait_s=PLENTY_S) == Judged("true", 1, AT)
    timer.join()


def test_asking_a_server_that_is_away_says_nothing_and_raises_nothing(
    server: StandIn, connect: Connect
) -> None:
    client = connect(timeout_s=0.5)
    server.stop()
    assert client.answer("a") is None


@pytest.mark.parametrize(
    "said",
    [None, [], {}, {"answer": 1}, SAID | {"revision": "1"}, SAID | {"at": "soon"},
     SAID | {"at": None}],
)  # fmt: skip
def test_an_answer_of_another_shape_is_none(said: object) -> None:
    assert read(said) is None

"""KServe v1."""

import json

import pytest

from tests.gateway.test_verdict import SERVED
from tocsin.base.errors import BadInput
from tocsin.gateway.ask import Unjoinable
from tocsin.gateway.dialects import v1

BODY = json.dumps({"instances": [{"income": 1}, {"income": 2}, {"income": 3}], "x": 1}).encode()


def test_rows_and_their_part_of_a_body() -> None:
    ask = v1.read(BODY, {"channel": "web"}, SERVED)
    assert [row.features for row in ask.rows] == [{"income": 1}, {"income": 2}, {"income": 3}]
    assert ask.rows[0].attributes == {"income": 1, "channel": "web"}
    assert json.loads(v1.part(ask, [2, 0])) == {
        "instances": [{"income": 3}, {"income": 1}],
        "x": 1,
    }


def test_rows_without_names_are_rows_all_the_same() -> None:
    ask = v1.read(b'{"instances": [[1, 2], [3, 4]]}', {"region": "north"}, SERVED)
    assert [(row.features, row.attributes) for row in ask.rows] == [({}, {"region": "north"})] * 2
    assert json.loads(v1.part(ask, [1])) == {"instances": [[3, 4]]}


def test_pieces_are_put_together_in_order() -> None:
    ask = v1.read(BODY, {}, SERVED)
    a, c = v1.pieces(b'{"predictions": [1, 3]}', 2)
    answer = v1.joined(ask, [a, v1.made(2, SERVED), c], SERVED)
    assert json.loads(answer.body) == {"predictions": [1, 2, 3]}
    with pytest.raises(Unjoinable):
        v1.pieces(b'{"predictions": [1]}', 2)
    with pytest.raises(BadInput):
        v1.pieces(b"[]", 2)


def test_a_v2_body_is_no_v1_call() -> None:
    tensor = {"name": "a", "datatype": "FP32", "shape": [1], "data": [1]}
    with pytest.raises(BadInput):
        v1.read(json.dumps({"inputs": [tensor]}).encode(), {}, SERVED)
    assert json.loads(v1.refusal("no", "blocked")) == {"error": "no"}


def test_other_predictions_leave_all_else_as_it_was() -> None:
    said = {
        "predictions": [{"score": 0.6, "label": [1]}, {"score": 0.1, "label": [0], "x": 1}],
        "more": 2,
    }
    assert json.loads(v1.rewritten(json.dumps(said).encode(), {0: 0}, SERVED)) == {
        "predictions": [{"score": 0.6, "label": [0]}, {"score": 0.1, "label": [0], "x": 1}],
        "more": 2,
    }
    for body in (b'{"predictions": [0.6]}', b'{"predictions": [1]}', b'{"error": "no"}'):
        with pytest.raises(BadInput):
            v1.rewritten(body, {0: 0}, SERVED)

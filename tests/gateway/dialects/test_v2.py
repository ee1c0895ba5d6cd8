"""Open Inference Protocol v2."""

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateway.test_verdict import SERVED
from tocsin.base.errors import BadInput
from tocsin.gateway.ask import Unjoinable
from tocsin.gateway.dialects import v2


def body(rows: list[tuple[float, float]], **more: Any) -> bytes:
    tensor = {
        "name": "x",
        "datatype": "FP64",
        "shape": [len(rows), 2],
        "data": [list(row) for row in rows],
        "parameters": {"columns": ["a", "b"], "binary_data_size": None},
    }
    return json.dumps({"inputs": [tensor], **more}).encode()


@given(
    rows=st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=8),
    seed=st.randoms(),
)
def test_any_split_of_a_call_asks_for_the_same_rows(
    rows: list[tuple[float, float]], seed: Any
) -> None:
    ask = v2.read(body(rows), {}, SERVED)
    order = list(range(len(rows)))
    seed.shuffle(order)
    cut = seed.randint(0, len(order))
    for part in filter(None, (order[:cut], order[cut:])):
        again = v2.read(v2.part(ask, part), {}, SERVED)
        assert [row.features for row in again.rows] == [ask.rows[k].features for k in part]


def test_binary_data_become_numbers_in_a_part_and_binary_answers_are_not_asked_for() -> None:
    head = {
        "id": "7",
        "parameters": {"binary_data_output": True, "region": "north"},
        "inputs": [
            {
                "name": "income",
                "datatype": "FP32",
                "shape": [3, 1],
                "parameters": {"binary_data_size": 12, "content_type": "np"},
            }
        ],
        "outputs": [{"name": "score", "parameters": {"binary_data": True}}],
    }
    ask = v2.read(json.dumps(head).encode() + struct.pack("<3f", 1, 2, 3), {}, SERVED)
    assert (ask.id, ask.rows[1].attributes) == (
        "7",
        {"income": 2, "region": "north"},
    )
    assert json.loads(v2.part(ask, [0, 2])) == {
        "id": "7",
        "parameters": {"region": "north"},
        "inputs": [
            {
                "name": "income",
                "datatype": "FP32",
                "shape": [2, 1],
                "parameters": {"content_type": "np"},
                "data": [1, 3],
            }
        ],
        "outputs": [{"name": "score"}],
    }


def answer(*scores: float, datatype: str = "FP32", shape: tuple[int, ...] = (1,)) -> bytes:
    out = {
        "name": "score",
        "datatype": datatype,
        "shape": [len(scores), *shape],
        "data": list(scores),
    }
    return json.dumps({"outputs": [out]}).encode()


def test_a_declared_answer_takes_the_form_of_the_servers() -> None:
    ask = v2.read(body([(1, 2), (3, 4)], id="7"), {}, SERVED)
    (piece,) = v2.pieces(answer(0.5), 1)
    for declared in (1, 0.25, [0.25]):
        joined = v2.joined(ask, [v2.made({"score": declared}, SERVED), piece], SERVED)
        said = json.loads(joined.body)
        (out,) = said["outputs"]
        assert (out["datatype"], out["shape"], said["id"]) == ("FP32", [2, 1], "7")
        assert out["data"][1] == 0.5


@pytest.mark.parametrize("declared", [{"score": "high"}, {"score": [1, 2]}, {"other": 1}, 0.5])
def test_a_declared_answer_of_another_form_is_unjoinable(declared: object) -> None:
    ask = v2.read(body([(1, 2), (3, 4)]), {}, SERVED)
    (piece,) = v2.pieces(answer(0.5), 1)
    with pytest.raises(Unjoinable):
        v2.joined(ask, [v2.made(declared, SERVED), piece], SERVED)


def test_two_servers_with_other_forms_are_unjoinable() -> None:
    ask = v2.read(body([(1, 2), (3, 4)]), {}, SERVED)
    pieces = [*v2.pieces(answer(0.5), 1), *v2.pieces(answer(0.5, datatype="FP64"), 1)]
    with pytest.raises(Unjoinable):
        v2.joined(ask, pieces, SERVED)
    with pytest.raises(Unjoinable):
        v2.pieces(answer(0.5), 2)
    with pytest.raises(BadInput):
        v2.pieces(b'{"error": "no"}', 1)


def test_declared_answers_alone_have_the_datatypes_of_their_values() -> None:
    ask = v2.read(body([(1, 2)]), {}, SERVED)
    made = v2.made({"a": True, "b": 1, "c": 0.5, "d": "x"}, SERVED)
    said = json.loads(v2.joined(ask, [made], SERVED).body)
    assert [(o["name"], o["datatype"], o["shape"]) for o in said["outputs"]] == [
        ("a", "BOOL", [1]),
        ("b", "INT64", [1]),
        ("c", "FP64", [1]),
        ("d", "BYTES", [1]),
    ]


def test_other_predictions_keep_names_datatypes_shapes_and_all_else() -> None:
    said: dict[str, Any] = {
        "model_name": "m",
        "model_version": "3",
        "id": "7",
        "parameters": {"trace": "x"},
        "outputs": [
            {"name": "score", "datatype": "FP32", "shape": [2, 1], "data": [0.5, 0.25]},
            {
                "name": "label",
                "datatype": "INT64",
                "shape": [2, 1],
                "parameters": {"content_type": "np"},
                "data": [[1], [0]],
            },
        ],
    }
    found = json.loads(v2.rewritten(json.dumps(said).encode(), {0: 0}, SERVED))
    said["outputs"][1]["data"] = [[0], [0]]
    assert found == said


def test_binary_answers_become_numbers_where_a_prediction_is_put_the_other_way() -> None:
    head: dict[str, Any] = {
        "outputs": [
            {"name": "score", "datatype": "FP64", "shape": [2], "parameters": {}},
            {"name": "label", "datatype": "BYTES", "shape": [2], "parameters": {}},
        ]
    }
    scores = struct.pack("<2d", 0.5, 0.25)
    labels = b"".join(struct.pack("<I", len(one)) + one for one in (b"yes", b"no"))
    for output, data in zip(head["outputs"], (scores, labels), strict=True):
        output["parameters"] = {"binary_data_size": len(data)}
    body = json.dumps(head).encode() + scores + labels
    assert json.loads(v2.rewritten(body, {0: "no"}, SERVED)) == {
        "outputs": [
            {"name": "score", "datatype": "FP64", "shape": [2], "data": [0.5, 0.25]},
            {"name": "label", "datatype": "BYTES", "shape": [2], "data": ["no", "no"]},
        ]
    }


def test_scores_alone_have_no_prediction_to_put_the_other_way() -> None:
    for body_ in (answer(0.5), b'{"error": "no"}', b'{"predictions": [{"prediction": true}]}'):
        with pytest.raises(BadInput):
            v2.rewritten(body_, {0: 0.25}, SERVED)

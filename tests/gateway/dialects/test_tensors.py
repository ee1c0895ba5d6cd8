"""What both tensor protocols share."""

import json
import struct

import pytest

from tests.gateway.test_verdict import SERVED
from tocsin.base.errors import BadInput
from tocsin.gateway.dialects.tensors import facts, parsed

HEAD = {"name": "a", "datatype": "INT32", "shape": [2], "parameters": {"binary_data_size": 8}}


def test_json_is_read_with_and_without_data_behind_it() -> None:
    data = json.dumps({"inputs": [HEAD]}).encode() + struct.pack("<2i", 4, 5)
    fields, body = parsed(data, "inputs")
    assert list(body.tensors[0].values) == [4, 5]
    assert fields == {"inputs": [HEAD]}
    _, plain = parsed(b'{"instances": [1, 2]}', "inputs")
    assert plain.rows == 2
    with pytest.raises(BadInput):
        parsed(b"nothing", "inputs")


def test_an_error_has_no_facts_and_scores_make_decisions() -> None:
    assert facts(b'{"error": "no"}', SERVED) == []
    assert facts(b'{"predictions": [0.7, 0.2]}', SERVED) == [
        {"score": 0.7, "prediction": "true", "deduced": True},
        {"score": 0.2, "prediction": "false", "deduced": True},
    ]

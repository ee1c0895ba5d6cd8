"""Tensors of the Open Inference Protocol; what calls become of them is in `test_kserve`."""

import json
import math
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.errors import BadInput
from tocsin.ingest import tensors
from tocsin.ingest.tensors import read_body


def body(**tensor: object) -> dict[str, Any]:
    return {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1.0]} | tensor]}


KINDS = ["?", "<u1", "<u2", "<u4", "<u8", "<i1", "<i2", "<i4", "<i8", "<f2", "<f4", "<f8"]
NAMES = dict(zip(tensors._DTYPES, KINDS, strict=True))  # pyright: ignore[reportPrivateUsage] - the table under test


@pytest.mark.parametrize("datatype", NAMES)
def test_values_behind_the_json_are_those_in_the_json(datatype: str) -> None:
    values = np.array([0, 1, 1], np.dtype(NAMES[datatype]))
    parameters = {"binary_data_size": values.nbytes}
    packed = json.dumps(body(shape=[3], datatype=datatype, data=None, parameters=parameters))
    inside = read_body(body(shape=[3], datatype=datatype, data=values.tolist()), "inputs")
    assert read_body(packed.encode() + values.tobytes(), "inputs") == inside


@given(rows=st.integers(1, 4), width=st.integers(1, 4), nested=st.booleans())
def test_nested_and_flat_data_are_the_same_columns(rows: int, width: int, nested: bool) -> None:
    values = np.arange(rows * width, dtype=float).reshape(rows, width)
    data = values.tolist() if nested else values.ravel().tolist()
    (tensor,) = read_body(body(shape=[rows, width], data=data), "inputs").tensors
    assert [tensor.column(k) for k in range(width)] == values.T.tolist()


def test_a_scalar_is_one_row() -> None:
    assert read_body(body(shape=[], data=2.0), "inputs").rows == 1


def test_names_of_columns_stand_with_the_tensor_or_the_request() -> None:
    two = body(shape=[1, 2], data=[1, 2])
    named = body(shape=[1, 2], data=[1, 2], parameters={"feature_names": ["a", "b"]})
    (by_tensor,) = read_body(named, "inputs").tensors
    (by_request,) = read_body(two | {"parameters": {"columns": ["c", "d"]}}, "inputs").tensors
    assert (by_tensor.names, by_request.names) == (("a", "b"), ("c", "d"))


def test_the_text_of_a_json_object_serves_as_well() -> None:
    assert read_body('{"instances": [1]}', "inputs").rows == 1


FAULTS: list[tuple[object, str]] = [
    (b"[1]", "data"),
    (None, "data"),
    ({"inputs": []}, "tensor"),
    ({"inputs": [1]}, "tensor"),
    (body(shape=[True]), "x"),
    (body(shape=[1] * 9), "x"),
    (body(shape=[0], data=[]), "inputs"),
    (body(parameters={"binary_data_size": -1}), "x"),
    ({"instances": [[1], [1, 2]]}, "instances"),
    ({"instances": [[]]}, "instances"),
    ({"instances": {}}, "data"),
]


@pytest.mark.parametrize(("given_", "where"), FAULTS)
def test_a_fault_names_its_place(given_: object, where: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_body(given_, "inputs")
    assert caught.value.where == where


@pytest.mark.parametrize("size", [3, 9])
def test_bytes_that_are_cut_short_are_refused(size: int) -> None:
    packed = body(datatype="BYTES", data=None, parameters={"binary_data_size": size})
    with pytest.raises(BadInput):
        read_body(json.dumps(packed).encode() + b"\x09\x00\x00\x00abcde", "inputs")


def test_what_is_no_number_of_the_datatype_is_refused() -> None:
    packed = body(data=None, parameters={"binary_data_size": 5})
    with pytest.raises(BadInput, match="no whole number of FP64"):
        read_body(json.dumps(packed).encode() + b"abcde", "inputs")


def test_deep_nesting_beside_much_data_costs_one_pass() -> None:
    deep: object = 1
    for _ in range(500):
        deep = [deep]
    data = [*range(100_000), deep]
    started = time.thread_time()
    (tensor,) = read_body(body(shape=[100_001], data=data), "inputs").tensors
    assert len(tensor.values) == 100_001
    assert time.thread_time() - started < 1


def test_rows_with_names_of_their_own_each_are_refused_before_they_fill_the_memory() -> None:
    rows = [{str(k): k} for k in range(math.isqrt(tensors._CELLS_MAX) + 1)]  # pyright: ignore[reportPrivateUsage] - the bound under test
    with pytest.raises(BadInput, match="names"):
        read_body({"instances": rows}, "inputs")

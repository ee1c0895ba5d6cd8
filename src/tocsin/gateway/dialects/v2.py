"""The Open Inference Protocol, version 2: named tensors whose first dimension counts rows.

A call whose rows part ways is put together anew as plain JSON, so binary tensor data then travels
as numbers, and so do those of an answer that a moved threshold changes; a call that stays whole is
passed on as it came.
Source: Open Inference Protocol, inference_rest.md; KServe, binary tensor data extension.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from tocsin.base.errors import BadInput
from tocsin.gateway.ask import Answer, Ask, Unjoinable
from tocsin.gateway.dialects import tensors
from tocsin.gateway.served import Served

PATH = re.compile(r"/v2/models/(?P<name>[^/]+)(/versions/[^/]+)?/infer/?")
_BINARY = ("binary_data", "binary_data_size", "binary_data_output")
_FAMILIES = (
    {"FP16", "FP32", "FP64"},
    {f"{sign}INT{n}" for sign in ("", "U") for n in (8, 16, 32, 64)},
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of one output: its datatype, its shape without the rows, its values.

    `declared`: from `gateway.yaml`, so it takes the form of the others' where the values allow.
    """

    datatype: str
    shape: tuple[int, ...]
    values: tuple[object, ...]
    declared: bool = False


def read(body: bytes, about: Mapping[str, str], served: Served) -> Ask:
    """Return the call that `body` makes; see `ask.Dialect`."""
    fields, found = tensors.parsed(body, "inputs")
    if not isinstance(fields.get("inputs"), list):
        raise BadInput("the body has no 'inputs'", where="data")
    parameters = _parameters(fields).get("parameters", {})
    said = {k: v for k, v in _plain(parameters).items() if isinstance(v, str | int | float)}
    id_ = fields.get("id")
    return Ask(
        id=id_ if isinstance(id_, str) else "",
        rows=tensors.asked(found, about, served, said),
        fields=fields,
        tensors=found,
    )


def part(ask: Ask, rows: Sequence[int]) -> bytes:
    """Return the body of a call for some rows."""
    assert ask.tensors is not None
    given = cast("list[Mapping[str, object]]", ask.fields["inputs"])
    inputs: list[object] = []
    for fields, tensor in zip(given, ask.tensors.tensors, strict=True):
        shape = cast("list[int]", fields["shape"])
        width = tensor.width
        kept = {k: v for k, v in fields.items() if k not in ("data", "parameters", "shape")}
        inputs.append(
            {
                **kept,
                "shape": [len(rows), *shape[1:]],
                **_parameters(fields),
                "data": [v for k in rows for v in tensor.values[k * width : (k + 1) * width]],
            }
        )
    wanted = ask.fields.get("outputs")
    outputs: list[object] = [
        {**{k: v for k, v in one.items() if k != "parameters"}, **_parameters(one)}
        for one in cast("list[Mapping[str, object]]", wanted if isinstance(wanted, list) else [])
    ]
    rest = {k: v for k, v in ask.fields.items() if k not in ("inputs", "outputs", "parameters")}
    body: dict[str, object] = {**rest, **_parameters(ask.fields), "inputs": inputs}
    return _json({**body, "outputs": outputs} if outputs else body)


def pieces(body: bytes, count: int) -> list[object]:
    """Return the answer to each row: its cell of each output."""
    fields, found = tensors.parsed(body, "outputs")
    given = cast("list[Mapping[str, object]]", fields.get("outputs"))
    if found.error or not isinstance(fields.get("outputs"), list):
        raise BadInput("the answer has no 'outputs'", where="data")
    if found.rows != count:
        raise Unjoinable(f"{found.rows} rows of outputs for {count} rows")
    rows: list[object] = []
    for k in range(count):
        row: dict[str, Cell] = {}
        for said, tensor in zip(given, found.tensors, strict=True):
            shape = tuple(cast("list[int]", said["shape"])[1:])
            values = tensor.values[k * tensor.width : (k + 1) * tensor.width]
            row[tensor.name] = Cell(str(said["datatype"]), shape, tuple(values))
        rows.append(row)
    return rows


def made(answer: object, served: Served) -> object:
    """Return the cells of a declared answer: a value, or a list of values, by output."""
    if isinstance(answer, Mapping):
        named = cast("Mapping[str, object]", answer)
    else:
        named = {served.system.serving.prediction or "prediction": answer}
    return {name: _cell(value) for name, value in named.items()}


def joined(ask: Ask, pieces: Sequence[object], served: Served) -> Answer:
    """Return the body that answers all rows."""
    rows = [cast("Mapping[str, Cell]", piece) for piece in pieces]
    if any(set(row) != set(rows[0]) for row in rows):
        raise Unjoinable("the outputs have other names from row to row")
    outputs: list[object] = []
    for name in rows[0]:
        cells = [row[name] for row in rows]
        form = next((cell for cell in cells if not cell.declared), cells[0])
        if not all(_fits(cell, form) for cell in cells):
            raise Unjoinable(f"output {name!r} has another form from row to row")
        outputs.append(
            {
                "name": name,
                "datatype": form.datatype,
                "shape": [len(rows), *form.shape],
                "data": [value for cell in cells for value in cell.values],
            }
        )
    body: dict[str, object] = {"model_name": served.models[0], "outputs": outputs}
    return Answer(_json({**body, "id": ask.id} if ask.id else body))


def told(ask: Ask, body: bytes, served: Served) -> list[dict[str, object]]:  # noqa: ARG001 - the protocol of dialects
    """Return score and prediction of each row."""
    return tensors.facts(body, served)


def rewritten(body: bytes, predictions: Mapping[int, object], served: Served) -> bytes:
    """Return the answer with other predictions in some rows; names, datatypes, shapes stay."""
    fields, found, label = tensors.predicted(body, served)
    given = fields.get("outputs")
    if not isinstance(given, list):
        raise BadInput("the answer has no 'outputs'", where="data")
    outputs: list[object] = []
    for said, tensor in zip(cast("list[Mapping[str, object]]", given), found.tensors, strict=True):
        kept = {k: v for k, v in said.items() if k not in ("data", "parameters")}
        data = list(tensor.values)
        if tensor is label:
            for k, value in predictions.items():
                data[k] = value
        shape = cast("list[int]", said["shape"])
        came = said.get("data")
        nested = isinstance(came, list) and any(
            isinstance(one, list) for one in cast("list[object]", came)
        )
        data = _nested(data, shape) if nested else data
        outputs.append({**kept, **_parameters(said), "data": data})
    rest = {k: v for k, v in fields.items() if k not in ("outputs", "parameters")}
    return _json({**rest, **_parameters(fields), "outputs": outputs})


def refusal(why: str, code: str) -> bytes:  # noqa: ARG001 - as above
    """Return an error as the protocol tells it."""
    return _json({"error": why})


def _cell(value: object) -> Cell:
    values = tuple(cast("list[object]", value)) if isinstance(value, list) else (value,)
    shape = (len(values),) if isinstance(value, list) else ()
    if all(isinstance(one, bool) for one in values):
        datatype = "BOOL"
    elif all(isinstance(one, int) and not isinstance(one, bool) for one in values):
        datatype = "INT64"
    elif all(isinstance(one, int | float) for one in values):
        datatype = "FP64"
    else:
        datatype = "BYTES"
    return Cell(datatype, shape, values, declared=True)


def _fits(cell: Cell, form: Cell) -> bool:
    if not cell.declared:
        return (cell.datatype, cell.shape) == (form.datatype, form.shape)
    whole = form.datatype.startswith("FP") and cell.datatype == "INT64"
    kin = any({cell.datatype, form.datatype} <= family for family in _FAMILIES)
    return len(cell.values) == len(form.values) and (whole or kin or cell.datatype == form.datatype)


def _nested(values: list[object], shape: Sequence[int]) -> list[object]:
    """Return values in row order as lists of lists.

    >>> _nested([1, 2, 3, 4], [2, 1, 2])
    [[[1, 2]], [[3, 4]]]
    """
    for size in reversed(shape[1:]):
        values = [values[k : k + size] for k in range(0, len(values), size)]
    return values


def _plain(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _parameters(fields: Mapping[str, object]) -> dict[str, object]:
    """Return what is left of parameters once the data stand in the JSON; {} for none."""
    left = {k: v for k, v in _plain(fields.get("parameters")).items() if k not in _BINARY}
    return {"parameters": left} if left else {}


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()

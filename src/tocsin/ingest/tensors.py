"""Bodies of the Open Inference Protocol (v2) and of KServe's older protocol (v1), as columns.

    v2  {"inputs":  [{name, shape, datatype, data, parameters?}, …]}   → request columns
        {"outputs": [{name, shape, datatype, data}, …], model_version?} → response columns
    v1  {"instances": […]} and {"predictions": […]}

The first dimension counts rows.  A tensor of shape [n] or [n, 1] is one column; one of shape
[n, d] is d columns.  Values may stand in the JSON, nested or flat, or behind it (the binary tensor
data extension: `binary_data_size` in a tensor's parameters).
Source: Open Inference Protocol, inference_rest.md; KServe, binary tensor data extension.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from tocsin.base.errors import BadInput
from tocsin.ingest.parse import MAX_ROWS, read_json

_DTYPES = {
    "BOOL": "?",
    "UINT8": "<u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "INT8": "<i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
"""Datatypes of fixed size as NumPy writes them; BYTES have a length each."""
_BYTES = "BYTES"
_LENGTH_BYTES = 4
_DIMENSIONS_MAX = 8
_CELLS_MAX = 20_000_000
"""Rows × names that objects may span: each with names of its own would be a square."""
POSITIONAL = "instances"
"""What the tensor is called that v1's rows without names make."""
_NAME_LISTS = ("columns", "feature_names", "names")
"""Parameters in which senders name the columns of a tensor."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """`rows` × `width` values in row order; `names` are its columns' where the sender said them."""

    name: str
    rows: int
    width: int
    values: Sequence[object]
    real: bool
    """Whether the values are real numbers (FP), as scores are and labels are not."""
    names: tuple[str, ...] = ()

    def column(self, k: int) -> list[object]:
        """Return column `k` from the top row down."""
        return list(self.values[k :: self.width])


@dataclass(frozen=True, slots=True)
class Body:
    """The tensors of one request or response, all of the same number of rows."""

    tensors: tuple[Tensor, ...]
    rows: int
    version: str = ""
    error: str = ""
    """What an error response says; then there are no tensors."""


def read_body(data: object, side: str) -> Body:
    """Return the tensors of a request or response body.

    Args:
        data: bytes as they came, or a JSON value read already.
        side: `inputs` or `outputs`.

    Raises:
        BadInput: the body follows neither protocol; `where` names the tensor or key.
    """
    fields, tail = _split(data)
    if side == "outputs" and isinstance(fields.get("error"), str):
        return Body((), 0, error=str(fields["error"]))
    rows = fields.get("instances" if side == "inputs" else "predictions")
    if rows is not None:
        tensors = _of_rows(rows)
    elif isinstance(fields.get(side), list):
        tensors = _of_tensors(cast("list[object]", fields[side]), _names(fields), tail)
    else:
        old = "instances" if side == "inputs" else "predictions"
        raise BadInput(f"the body has neither {side!r} nor {old!r}", where="data")
    counts = {tensor.rows for tensor in tensors}
    if len(counts) != 1:
        raise BadInput(f"the tensors differ in rows: {sorted(counts)}", where=side)
    if not 0 < max(counts) <= MAX_ROWS:
        raise BadInput(f"{max(counts):,} rows; 1 to {MAX_ROWS:,} are read", where=side)
    version = fields.get("model_version")
    return Body(tensors, max(counts), version=str(version) if version else "")


def fields_of(data: object) -> Mapping[str, object]:
    """Return the JSON object of a body, without the binary tensor data behind it.

    Raises:
        BadInput: there is none.
    """
    return _split(data)[0]


def _split(data: object) -> tuple[Mapping[str, object], bytes]:
    """Return the JSON object and the bytes behind it."""
    tail = b""
    if isinstance(data, bytes):
        try:
            value = read_json(data)
        except BadInput as fault:
            end = _end_of_json(data)
            if not end:
                raise BadInput(fault.what, where="data") from None
            value, tail = read_json(data[:end]), data[end:]
    else:
        value = data
    if isinstance(value, str):  # some senders put the JSON text into a structured event's data
        value = read_json(value.encode("utf-8", "replace"))
    if not isinstance(value, Mapping):
        raise BadInput("the data is no JSON object", where="data")
    return cast("Mapping[str, object]", value), tail


def _end_of_json(data: bytes) -> int:
    """Return where the JSON ends that binary tensor data follows; 0 where there is none."""
    try:  # one character for each byte, so that places in the text are places in the data
        return json.JSONDecoder().raw_decode(data.decode("latin-1"))[1]
    except (ValueError, RecursionError):
        return 0


def _of_tensors(given: list[object], names: tuple[str, ...], tail: bytes) -> tuple[Tensor, ...]:
    found: list[Tensor] = []
    for value in given:
        if not isinstance(value, Mapping):
            raise BadInput("a tensor must be an object", where="tensor")
        fields = cast("Mapping[str, object]", value)
        tensor, used = _tensor(fields, names, tail)
        tail = tail[used:]
        found.append(tensor)
    if not found:
        raise BadInput("there are no tensors", where="tensor")
    return tuple(found)


def _tensor(
    fields: Mapping[str, object], names: tuple[str, ...], tail: bytes
) -> tuple[Tensor, int]:
    """Return one tensor and how many of the bytes behind the JSON were its."""
    name = fields.get("name")
    if not isinstance(name, str) or not name:
        raise BadInput("a tensor has no name", where="tensor")
    kind = fields.get("datatype")
    if not isinstance(kind, str) or (kind != _BYTES and kind not in _DTYPES):
        raise BadInput(f"datatype {kind!r} is not one of the protocol", where=name)
    shape = _shape(fields.get("shape"), name)
    rows, width = (shape[0], math.prod(shape[1:])) if shape else (1, 1)
    size = _parameters(fields).get("binary_data_size")
    if isinstance(size, int) and not isinstance(size, bool):
        values, used = _unpacked(tail, size, kind, name), size
    else:
        values, used = _flat(fields.get("data")), 0
    if len(values) != rows * width:
        raise BadInput(f"{len(values)} values do not fill shape {list(shape)}", where=name)
    said = _names(fields) or names
    return (
        Tensor(
            name,
            rows,
            width,
            values,
            real=kind.startswith("FP"),
            names=said if len(said) == width > 1 else (),
        ),
        used,
    )


def _shape(value: object, name: str) -> tuple[int, ...]:
    numbers = cast("list[object]", value) if isinstance(value, list) else [None]
    whole = all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers)
    if not whole or len(numbers) > _DIMENSIONS_MAX:
        raise BadInput("shape must be a short list of whole numbers", where=name)
    return tuple(cast("list[int]", numbers))


def _flat(value: object) -> list[object]:
    """Return nested or flat data in row order, in one pass however deep a sender nested it."""
    flat: list[object] = []
    open_: list[Iterator[object]] = [iter([value])]
    while open_:
        for part in open_[-1]:
            if isinstance(part, list):
                open_.append(iter(cast("list[object]", part)))
                break
            flat.append(part)
        else:
            open_.pop()
    return flat


def _unpacked(tail: bytes, size: int, kind: str, name: str) -> list[object]:
    if not 0 <= size <= len(tail):
        raise BadInput(f"binary_data_size {size} is beyond the body", where=name)
    data = tail[:size]
    if kind == _BYTES:
        return _texts(data, name)
    try:
        return cast("list[object]", np.frombuffer(data, np.dtype(_DTYPES[kind])).tolist())
    except ValueError:
        raise BadInput(f"{size} bytes are no whole number of {kind}", where=name) from None


def _texts(data: bytes, name: str) -> list[object]:
    found: list[object] = []
    at = 0
    while at < len(data):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "little")
        if at > len(data):
            raise BadInput("BYTES are cut short", where=name)
        found.append(data[start:at].decode("utf-8", "replace"))
    return found


def _names(fields: Mapping[str, object]) -> tuple[str, ...]:
    given = _parameters(fields)
    for key in _NAME_LISTS:
        if isinstance(given.get(key), list):
            return tuple(str(name) for name in cast("list[object]", given[key]))
    return ()


def _parameters(fields: Mapping[str, object]) -> Mapping[str, object]:
    value = fields.get("parameters")
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _of_rows(value: object) -> tuple[Tensor, ...]:
    """Return v1's list of rows as tensors: numbers, lists of numbers, or objects by name."""
    if not isinstance(value, list) or not value:
        raise BadInput("instances and predictions are lists of rows", where="data")
    rows = cast("list[object]", value)
    if all(isinstance(row, Mapping) for row in rows):
        objects = cast("list[Mapping[str, object]]", rows)
        keys = dict.fromkeys(str(key) for row in objects for key in row)
        if len(keys) * len(rows) > _CELLS_MAX:
            raise BadInput(f"{len(rows):,} rows with {len(keys):,} names", where="data")
        return tuple(_row_tensor(key, [row.get(key) for row in objects]) for key in keys)
    return (_row_tensor(POSITIONAL, rows),)


def _row_tensor(name: str, rows: list[object]) -> Tensor:
    lists = [_flat(row) for row in rows]
    widths = {len(row) for row in lists}
    if len(widths) != 1 or 0 in widths:
        raise BadInput(f"rows differ in length: {sorted(widths)}", where=name)
    values = [value for row in lists for value in row]
    return Tensor(
        name,
        len(rows),
        max(widths),
        values,
        real=any(isinstance(value, float) for value in values),
    )

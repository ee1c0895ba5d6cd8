"""KServe's older protocol: `{"instances": [...]}` is answered `{"predictions": [...]}`.

Source: KServe, Data Plane (v1), `POST /v1/models/{name}:predict`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import cast

from tocsin.base.errors import BadInput
from tocsin.gateway.ask import Answer, Ask, Unjoinable
from tocsin.gateway.dialects import tensors
from tocsin.gateway.served import Served
from tocsin.ingest.parse import read_json

PATH = re.compile(r"/v1/models/(?P<name>[^/:]+):predict/?")


def read(body: bytes, about: Mapping[str, str], served: Served) -> Ask:
    """Return the call that `body` makes; see `ask.Dialect`."""
    fields, found = tensors.parsed(body, "inputs")
    if not isinstance(fields.get("instances"), list):
        raise BadInput("the body has no 'instances'", where="data")
    return Ask(rows=tensors.asked(found, about, served, {}), fields=fields)


def part(ask: Ask, rows: Sequence[int]) -> bytes:
    """Return the body of a call for some rows."""
    instances = cast("list[object]", ask.fields["instances"])
    return _json({**ask.fields, "instances": [instances[k] for k in rows]})


def pieces(body: bytes, count: int) -> list[object]:
    """Return the answer to each row: an element of `predictions`."""
    fields = read_json(body)
    found = cast("dict[str, object]", fields) if isinstance(fields, dict) else {}
    rows = found.get("predictions")
    if not isinstance(rows, list):
        raise BadInput("the answer has no 'predictions'", where="data")
    listed = cast("list[object]", rows)
    if len(listed) != count:
        raise Unjoinable(f"{len(listed)} predictions for {count} rows")
    return listed


def made(answer: object, served: Served) -> object:  # noqa: ARG001 - the protocol of dialects
    """Return the declared answer: any JSON is an element."""
    return answer


def joined(ask: Ask, pieces: Sequence[object], served: Served) -> Answer:  # noqa: ARG001 - as above
    """Return the body that answers all rows."""
    return Answer(_json({"predictions": list(pieces)}))


def told(ask: Ask, body: bytes, served: Served) -> list[dict[str, object]]:  # noqa: ARG001 - same
    """Return score and prediction of each row."""
    return tensors.facts(body, served)


def rewritten(body: bytes, predictions: Mapping[int, object], served: Served) -> bytes:
    """Return the answer with other predictions in some rows."""
    fields, _, label = tensors.predicted(body, served)
    given = fields.get("predictions")
    if not isinstance(given, list):
        raise BadInput("the answer has no 'predictions'", where="data")
    rows = list(cast("list[object]", given))
    for k, value in predictions.items():
        row = rows[k]
        if not isinstance(row, Mapping):
            raise BadInput("a row is no object: its prediction has no name", where="predictions")
        named = cast("Mapping[str, object]", row)
        rows[k] = {**named, label.name: _in_place_of(named[label.name], value)}
    return _json({**fields, "predictions": rows})


def refusal(why: str, code: str) -> bytes:  # noqa: ARG001 - as above
    """Return an error as KServe tells it."""
    return _json({"error": why})


def _in_place_of(old: object, value: object) -> object:
    """Return `value` in the list of one that stands there, if one does."""
    if not isinstance(old, list):
        return value
    if any(isinstance(one, list) for one in cast("list[object]", old)):
        raise BadInput("a prediction is nested deeper than a list of one", where="predictions")
    return [value]


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()

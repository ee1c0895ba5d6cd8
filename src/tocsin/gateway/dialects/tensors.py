"""What v1 and v2 share: rows with names from tensors, and scores from an answer's tensors."""

from collections.abc import Mapping

from tocsin.base.errors import BadInput
from tocsin.gateway.ask import Asked
from tocsin.gateway.served import Served
from tocsin.ingest.kserve import answers_of, columns_of, outputs_of
from tocsin.ingest.parse import read_json
from tocsin.ingest.rows import Schema
from tocsin.ingest.tensors import Body, Tensor, fields_of, read_body

_ANY = Schema((), ())


def parsed(data: bytes, side: str) -> tuple[Mapping[str, object], Body]:
    """Return the JSON of a body and its tensors; binary tensor data may stand behind the JSON.

    Raises:
        BadInput: it follows neither protocol.
    """
    try:
        whole = read_json(data)
    except BadInput:
        return fields_of(data), read_body(data, side)
    return fields_of(whole), read_body(whole, side)


def asked(
    body: Body, about: Mapping[str, str], served: Served, said: Mapping[str, object]
) -> tuple[Asked, ...]:
    """Return the rows of a request; headers hold for all of them, and so does what it `said`.

    Where columns have no names, the rows have no inputs: what is unknown meets no condition.
    """
    try:
        columns = columns_of(body, served.system, _ANY)
    except BadInput:
        columns = {}
    rows: list[Asked] = []
    for k in range(body.rows):
        features = {name: column[k] for name, column in columns.items()}
        rows.append(Asked(features, {**features, **said, **about}))
    return tuple(rows)


def facts(body: bytes, served: Served) -> list[dict[str, object]]:
    """Return score and prediction of each row of an answer, or the error it tells.

    Raises:
        BadInput: the answer does not follow the protocol.
    """
    found = read_body(body, "outputs")
    if found.error:
        return []
    alone = {} if outputs_of(found, served.system)[1] else {"deduced": True}
    return [{**row, **alone} for row in answers_of(found, served.system)]


def predicted(body: bytes, served: Served) -> tuple[Mapping[str, object], Body, Tensor]:
    """Return an answer's JSON, its tensors, and the one of them that holds the predictions.

    Raises:
        BadInput: the answer does not follow the protocol, or holds no prediction.
    """
    fields, found = parsed(body, "outputs")
    label = None if found.error else outputs_of(found, served.system)[1]
    if label is None:
        raise BadInput("the answer holds no prediction", where="outputs")
    return fields, found, label

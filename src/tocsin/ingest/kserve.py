"""KServe's request logger: the two halves of a call, and the rows that they make together.

The logger sends a call as two events that share an id: the request, which holds the features, and
the response, which holds the answer.  Either may come first, or alone.  Here a half is read and
cut down to what the system declares; `joined` makes rows of two halves.  Which tensor holds what is
declared (`System.serving`) or guessed, see `answers_of`.
Source: KServe, pkg/logger/worker.go, handler.go and marshaller/ (checked 2026-11).
"""

import csv
import io
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import cast

import pyarrow as pa
import pyarrow.csv as pacsv

from tocsin.base.errors import BadInput
from tocsin.ingest.events import Event, Unreadable, tried
from tocsin.ingest.parse import CONTENT_TYPES, media_type, parse
from tocsin.ingest.predictions import ID_MAX_CHARS
from tocsin.ingest.rows import Schema
from tocsin.ingest.system import Kind, System
from tocsin.ingest.tensors import POSITIONAL, Body, Tensor, read_body

CSV = "text/csv"
LOG_TYPES = (*CONTENT_TYPES, CSV)
"""Content types of stored batches of log records."""
_SCORES = frozenset(
    {"score", "scores", "probability", "probabilities", "proba", "predict_proba", "prob", "probs"}
)
_LABELS = frozenset(
    {"prediction", "predict", "label", "labels", "class", "classes", "decision", "output_label"}
)
_SUFFIX_CHARS = 8
"""Room for `-<k>` behind an id."""


class Side(StrEnum):
    """Which half of a call."""

    REQUEST = "request"
    RESPONSE = "response"

    @property
    def other(self) -> "Side":
        """The half that this one waits for."""
        return Side.RESPONSE if self is Side.REQUEST else Side.REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One side of a call: features and attributes of its rows, or their scores and predictions."""

    id: str
    side: Side
    at: datetime
    rows: tuple[Mapping[str, object], ...]
    version: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class ReadHalf:
    """A half, and the names in its body that the system has no place for."""

    half: Half
    ignored: tuple[str, ...] = field(default=())


def side_of(event: Event) -> Side:
    """Return which half of a call an event is.

    Raises:
        BadInput: it is neither.
    """
    for side in Side:
        if event.type.endswith(f".serving.inference.{side}"):
            return side
    raise BadInput(f"{event.type!r} is no inference request and no response", where="type")


def served_names(event: Event) -> tuple[str, ...]:
    """Return what the served system may be called: its bare name, and that with its namespace."""
    name = event.extensions.get("inferenceservicename", "")
    space = event.extensions.get("namespace", "")
    return (name, f"{space}/{name}") if name else ()


def read_half(event: Event, system: System, schema: Schema, received_at: datetime) -> ReadHalf:
    """Return the half that an event holds.

    Args:
        event: a request or response event.
        system: tells how its tensors are named.
        schema: the names to keep.
        received_at: the half's instant where the event has none.

    Raises:
        BadInput: no half of a call, or its body cannot be read; `where` names the field.
    """
    side = side_of(event)
    if len(event.id) > ID_MAX_CHARS - _SUFFIX_CHARS:
        raise BadInput(f"id is longer than {ID_MAX_CHARS - _SUFFIX_CHARS} characters", where="id")
    ignored: tuple[str, ...] = ()
    if side is Side.REQUEST:
        body = read_body(event.data, "inputs")
        rows, ignored = _inputs(body, event, system, schema)
    else:
        body = read_body(event.data, "outputs")
        rows = () if body.error else answers_of(body, system)
    half = Half(
        id=event.id,
        side=side,
        at=event.at or received_at,
        rows=rows,
        version=body.version or event.extensions.get("endpoint", ""),
        error="InferenceError" if body.error else "",
    )
    return ReadHalf(half, ignored)


def joined(request: Half, response: Half) -> list[Mapping[str, object]]:
    """Return the wire rows of one call: ids are the call's, numbered from 0 where it has several.

    Raises:
        BadInput: the halves hold different numbers of rows.
    """
    answers = response.rows
    if response.error:
        answers = ({"error": response.error},) * len(request.rows)
    if len(request.rows) != len(answers):
        raise BadInput(
            f"the request has {len(request.rows)} rows, the response {len(answers)}", where="rows"
        )
    one = len(answers) == 1
    return [
        {
            "id": request.id if one else f"{request.id}-{k}",
            "at": request.at.isoformat(),
            "version": response.version or request.version,
            **asked,
            **answer,
        }
        for k, (asked, answer) in enumerate(zip(request.rows, answers, strict=True))
    ]


def read_log(body: bytes, content_type: str, at: datetime) -> list[Event | Unreadable]:
    """Return the events of a stored batch of log records.

    KServe's three formats spell the same columns as `ReqType`, `req_type` or `reqType`; all are
    read.  Records have no time of their own.

    Args:
        body: JSON, NDJSON, Arrow, Parquet or CSV; `bytes` are raw, base64 or the JSON itself.
        content_type: one of `LOG_TYPES`.
        at: when the calls were made, as far as that is known.

    Raises:
        BadInput: the body cannot be read at all.
    """
    found = _csv(body) if media_type(content_type) == CSV else parse(body, content_type)
    records = found.to_pylist() if isinstance(found, pa.Table) else found
    return [tried(_logged(record, at)) for record in records]


def _csv(body: bytes) -> pa.Table:
    """Return a table of text: an id of `007` is no number."""
    try:
        lines = csv.reader([body.partition(b"\n")[0].decode("utf-8")])
        header = next(lines, list[str]())
        return pacsv.read_csv(
            io.BytesIO(body),
            pacsv.ReadOptions(block_size=max(len(body), 1)),
            pacsv.ParseOptions(newlines_in_values=True),
            pacsv.ConvertOptions(column_types=dict.fromkeys(header, pa.string())),
        )
    except (pa.ArrowException, ValueError, csv.Error) as error:
        raise BadInput(
            f"the body is not readable as {CSV}: {str(error).partition(chr(10))[0]}", where="body"
        ) from None


def _logged(record: object, at: datetime) -> Mapping[str, object]:
    if not isinstance(record, Mapping):
        return {}
    fields = {
        str(name).replace("_", "").lower(): value
        for name, value in cast("Mapping[object, object]", record).items()
    }
    content = fields.get("bytes")
    plain = isinstance(content, bytes) or str(content).lstrip().startswith("{")
    metadata, annotations = fields.get("metadata"), fields.get("annotations")
    return {
        "specversion": "1.0",
        "id": fields.get("id"),
        "type": fields.get("reqtype"),
        "source": str(fields.get("sourceuri") or "kserve"),
        "time": at.isoformat(),
        "datacontenttype": fields.get("contenttype"),
        "data" if plain else "data_base64": content,
        "inferenceservicename": fields.get("inferenceservice"),
        "namespace": fields.get("namespace"),
        "component": fields.get("component"),
        "endpoint": fields.get("endpoint"),
        "metadata": _as_json(metadata),
        "annotations": _as_json(annotations),
    }


def _as_json(value: object) -> str | None:
    """Return a mapping (in Arrow a list of pairs) as the JSON text that an event carries."""
    if value is None or isinstance(value, str):
        return value or None
    with suppress(TypeError, ValueError):
        return json.dumps(dict(cast("Mapping[str, object]", value)))
    return None


def _inputs(
    body: Body, event: Event, system: System, schema: Schema
) -> tuple[tuple[Mapping[str, object], ...], tuple[str, ...]]:
    columns = columns_of(body, system, schema)
    features = {f.name: columns[f.name] for f in schema.features if f.name in columns}
    about = _about(event)
    attributes = {
        a.name: columns[a.name] if a.name in columns else [about[a.name.lower()]] * body.rows
        for a in schema.attributes
        if a.name in columns or a.name.lower() in about
    }
    rows = tuple(
        {
            "features": {name: column[k] for name, column in features.items()},
            "attributes": {name: column[k] for name, column in attributes.items()},
        }
        for k in range(body.rows)
    )
    return rows, tuple(n for n in columns if n not in features and n not in attributes)


def columns_of(body: Body, system: System, schema: Schema) -> dict[str, list[object]]:
    """Return the columns of a request by name: the sender's, the declared or the learnt ones.

    Raises:
        BadInput: columns without names, and not as many of them as the system has inputs.
    """
    expected = system.serving.inputs or system.features or tuple(f.name for f in schema.features)
    columns: dict[str, list[object]] = {}
    for tensor in body.tensors:
        names = tensor.names
        if not names and tensor.width == 1 and tensor.name != POSITIONAL:
            names = (tensor.name,)
        elif not names and len(body.tensors) > 1:
            names = tuple(f"{tensor.name}_{k}" for k in range(tensor.width))
        elif not names and len(expected) == tensor.width:
            names = expected
        elif not names:
            raise BadInput(
                f"{tensor.width} columns without names; the system has {len(expected)} inputs",
                where=tensor.name,
            )
        columns |= {name: tensor.column(k) for k, name in enumerate(names)}
    return columns


def _about(event: Event) -> dict[str, object]:
    """Return what the event says beside its body: extensions, logged headers and annotations."""
    known: dict[str, object] = {}
    for source in ("annotations", "metadata"):
        with suppress(ValueError, RecursionError):
            value = json.loads(event.extensions.get(source, ""))
            if isinstance(value, Mapping):
                for name, said in cast("Mapping[str, object]", value).items():
                    first = cast("list[object]", said)[:1] if isinstance(said, list) else [said]
                    known[str(name).lower().replace("-", "_")] = first[0] if first else None
    own = {n: v for n, v in event.extensions.items() if n not in ("annotations", "metadata")}
    return known | own


def answers_of(body: Body, system: System) -> tuple[Mapping[str, object], ...]:
    """Return the scores and predictions of a response.

    Of two columns of scores the second counts, the chance of yes; answers other than yes or no have
    one score a row.  Where there is a score alone, the prediction is yes from the threshold on.
    """
    score, label = outputs_of(body, system)
    scores = _scores(score, system) if score else [None] * body.rows
    labels = _labels(label) if label else [system.decide(value) for value in scores]
    return tuple(
        {"score": value, "prediction": said} for value, said in zip(scores, labels, strict=True)
    )


def outputs_of(body: Body, system: System) -> tuple[Tensor | None, Tensor | None]:
    """Return the tensor that holds the scores of a response, and the one with the predictions.

    Where the declaration does not say: the score has one of the usual names, else it is the first
    tensor of real numbers; the prediction is the first other tensor, one of the usual names before
    any.

    Raises:
        BadInput: there is neither, or none of a declared name.
    """
    serving, others = system.serving, list(body.tensors)
    label = _called(body, serving.prediction)
    if label is not None:
        others.remove(label)
    score = _called(body, serving.score) or next(
        iter([t for t in others if t.name.lower() in _SCORES] or [t for t in others if t.real]),
        None,
    )
    if label is None:
        classes = [t for t in others if t is not score and not t.real and t.width == 1]
        label = next(iter([t for t in classes if t.name.lower() in _LABELS] or classes), None)
    if score is None and label is None:
        names = ", ".join(tensor.name for tensor in body.tensors)
        raise BadInput(f"no score and no prediction among the outputs {names}", where="outputs")
    return score, label


def _called(body: Body, name: str | None) -> Tensor | None:
    if name is None:
        return None
    for tensor in body.tensors:
        if tensor.name == name:
            return tensor
    raise BadInput(f"the outputs have no {name!r}", where="outputs")


def _scores(tensor: Tensor, system: System) -> list[object]:
    if tensor.width > (2 if system.kind is Kind.BINARY else 1):
        what = f"{tensor.width} scores a row; {system.name} is {system.kind}"
        raise BadInput(what, where=tensor.name)
    return tensor.column(tensor.width - 1)


def _labels(tensor: Tensor) -> list[object]:
    if tensor.width != 1:
        raise BadInput(f"{tensor.width} columns are no single prediction", where=tensor.name)
    return tensor.column(0)

"""KServe's logged calls: golden cases, and whatever else may come."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest import golden
from tests.ingest.lending import NOW, SCHEMA, SYSTEM
from tocsin.base.errors import BadInput
from tocsin.ingest import kserve, predictions, wire
from tocsin.ingest.events import BATCHED, STRUCTURED, Event, Unreadable, is_binary, read_events
from tocsin.ingest.kserve import LOG_TYPES, Half, Side
from tocsin.ingest.rows import Rejection
from tocsin.ingest.system import Kind, Serving, System

AT = datetime.fromisoformat("2026-11-20T13:00:00+00:00")
"""When a stored batch is said to have been made."""


def parts_of(headers: dict[str, str], body: bytes) -> list[Event | Unreadable]:
    kind = headers.get("content-type", "").partition(";")[0]
    if kind in (STRUCTURED, BATCHED) or is_binary(headers):
        return read_events(headers, body)
    return kserve.read_log(body, kind, AT)


def outcome_of(case: dict[str, Any]) -> dict[str, Any]:
    """Return the rows that a case's requests make together, and everything that was refused."""
    system = replace(SYSTEM, serving=Serving(**_tuples(case.get("serving", {}))))
    kept: dict[tuple[str, Side], Half] = {}
    refused: list[Rejection] = []
    ignored: dict[str, None] = {}
    for request in case["requests"]:
        for row, part in enumerate(parts_of(request["headers"], golden.body_of(request))):
            if isinstance(part, Unreadable):
                refused.append(Rejection(row, part.id, part.field, part.reason))
                continue
            try:
                read = kserve.read_half(part, system, SCHEMA, NOW)
            except BadInput as fault:
                refused.append(Rejection(row, part.id, fault.where, fault.what))
                continue
            kept.setdefault((part.id, read.half.side), read.half)
            ignored |= dict.fromkeys(read.ignored)
    return {"events_refused": golden.rejections(refused), "ignored": list(ignored)} | _rows(kept)


def _tuples(serving: dict[str, Any]) -> dict[str, Any]:
    inputs: list[str] = serving.get("inputs", [])
    return serving | {"inputs": tuple(inputs)}


def _rows(kept: dict[tuple[str, Side], Half]) -> dict[str, Any]:
    rows: list[object] = []
    misfits: list[str] = []
    for (id_, side), half in kept.items():
        other = kept.get((id_, Side.RESPONSE))
        if side is Side.RESPONSE or other is None:
            continue
        try:
            rows += kserve.joined(half, other)
        except BadInput as fault:
            misfits.append(f"{id_}: {fault.what}")
    alone = sorted(id_ for id_, side in kept if (id_, side.other) not in kept)
    accepted = predictions.accept(wire.of_objects(rows, SCHEMA), SCHEMA, NOW)
    return golden.said(accepted) | {"misfits": misfits, "alone": alone}


@pytest.mark.parametrize("name", golden.cases("kserve"))
def test_a_logged_call_becomes_the_rows_written_beside_it(name: str) -> None:
    assert outcome_of(golden.case("kserve", name)) == golden.expected("kserve", name)


Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)
Tensor = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["income", "score", ""]) | Json,
        "shape": st.lists(st.integers(-1, 3), max_size=3) | Json,
        "datatype": st.sampled_from(["FP64", "INT8", "BOOL", "BYTES", "FP16", "x"]) | Json,
        "data": st.lists(st.floats() | st.text(max_size=3), max_size=6) | Json,
        "parameters": st.fixed_dictionaries({}, optional={"binary_data_size": Json}) | Json,
    },
)
Body = (
    Json
    | st.fixed_dictionaries({"inputs": st.lists(Tensor | Json, max_size=3)})
    | st.fixed_dictionaries({"outputs": st.lists(Tensor | Json, max_size=3)})
    | st.fixed_dictionaries({"instances": Json})
    | st.fixed_dictionaries({"predictions": Json})
)


NOTHING: dict[str, object] = {}


def half_or_place(event: Event) -> Half | str:
    try:
        return kserve.read_half(event, SYSTEM, SCHEMA, NOW).half
    except BadInput as fault:
        return fault.where


@given(data=Body | st.binary(max_size=60), side=st.sampled_from(list(Side)), tail=st.binary())
def test_whatever_a_body_holds_it_is_a_half_or_refused_with_a_place(
    data: object, side: Side, tail: bytes
) -> None:
    if not isinstance(data, bytes):
        data = json.dumps(data).encode() + tail
    event = Event(
        id="a",
        type=f"org.kubeflow.serving.inference.{side}",
        source="s",
        at=None,
        data=data,
        content_type="",
        extensions={"metadata": tail.decode("latin-1"), "endpoint": "default"},
    )
    half = half_or_place(event)
    if isinstance(half, str):
        assert half
        return
    other = Half(id="a", side=side.other, at=NOW, rows=(NOTHING,) * max(len(half.rows), 1))
    pair = (half, other) if side is Side.REQUEST else (other, half)
    found = predictions.accept(wire.of_objects(kserve.joined(*pair), SCHEMA), SCHEMA, NOW)
    assert found.table.num_rows + len(found.rejected) == max(len(half.rows), 1)


@given(body=Json, kind=st.sampled_from(LOG_TYPES))
def test_any_stored_batch_is_read_or_refused(body: object, kind: str) -> None:
    for sent in (json.dumps(body).encode(), str(body).encode("utf-8", "replace")):
        try:
            parts = kserve.read_log(sent, kind, AT)
        except BadInput:
            continue
        assert all(isinstance(part, Event | Unreadable) for part in parts)


def test_the_systems_names_are_the_bare_one_and_that_with_the_namespace() -> None:
    (event,) = parts_of(
        {
            "ce-specversion": "1.0",
            "ce-id": "1",
            "ce-type": "t",
            "ce-source": "s",
            "ce-inferenceservicename": "loans",
            "ce-namespace": "bank",
        },
        b"{}",
    )
    assert isinstance(event, Event)
    assert kserve.served_names(event) == ("loans", "bank/loans")
    assert kserve.served_names(replace(event, extensions={})) == ()


def test_an_id_that_leaves_no_room_for_a_number_is_refused() -> None:
    event = Event(
        id="x" * 250,
        type="org.kubeflow.serving.inference.request",
        source="s",
        at=None,
        data={"instances": [[1, "web"]]},
        content_type="",
    )
    with pytest.raises(BadInput, match="longer than 248"):
        kserve.read_half(event, System(name="s"), SCHEMA, NOW)


def test_a_choice_among_classes_has_one_confidence_a_row() -> None:
    system = System(name="s", kind=Kind.MULTICLASS)
    outputs: list[dict[str, object]] = [
        {"name": "label", "shape": [2], "datatype": "BYTES", "data": ["cat", "dog"]},
        {"name": "score", "shape": [2], "datatype": "FP64", "data": [0.9, 0.4]},
    ]
    event = Event(
        id="c",
        type="org.kubeflow.serving.inference.response",
        source="s",
        at=None,
        data={"outputs": outputs},
        content_type="",
    )
    half = kserve.read_half(event, system, SCHEMA, NOW).half
    answers = [{"score": 0.9, "prediction": "cat"}, {"score": 0.4, "prediction": "dog"}]
    assert [dict(row) for row in half.rows] == answers
    outputs[1] |= {"shape": [2, 2], "data": [0.9, 0.1, 0.6, 0.4]}
    with pytest.raises(BadInput, match="2 scores a row; s is multiclass"):
        kserve.read_half(event, system, SCHEMA, NOW)

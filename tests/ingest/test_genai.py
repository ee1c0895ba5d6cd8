"""Spans of three vocabularies become rows: golden cases, and whatever else may come."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest import golden
from tests.ingest.assistant import SCHEMA, SYSTEM
from tests.ingest.lending import NOW
from tocsin.ingest import genai, outcomes, predictions, wire
from tocsin.ingest.otlp import TraceSpan, read_spans
from tocsin.ingest.system import Serving
from tocsin.ingest.trace import outcome_of as label_of
from tocsin.ingest.trace import prediction_of


def outcome_of(case: dict[str, Any]) -> dict[str, Any]:
    """Return the rows and outcomes of a case's one request, and everything that was refused."""
    system = replace(SYSTEM, serving=Serving(**case.get("serving", {})))
    (request,) = case["requests"]
    kind = request["headers"]["content-type"]
    found = genai.told(read_spans(golden.body_of(request), kind))
    rows = [prediction_of(trace, system, SCHEMA) for trace in found.traces]
    accepted = predictions.accept(wire.of_objects(rows, SCHEMA), SCHEMA, NOW)
    labels = [label_of(id_, some, system) for id_, some in found.evaluations.items()]
    judged = outcomes.validate([one for one in labels if one], system, NOW)
    return golden.said(accepted) | {
        "spans_refused": [list(fault) for fault in found.refused],
        "outcomes": judged.table.select(["id", "label"]).to_pylist(),
        "outcomes_refused": golden.rejections(judged.rejected),
    }


@pytest.mark.parametrize("name", golden.cases("otlp"))
def test_spans_become_the_rows_written_beside_them(name: str) -> None:
    assert outcome_of(golden.case("otlp", name)) == golden.expected("otlp", name)


KEYS = [
    "gen_ai.operation.name",
    "gen_ai.output.messages",
    "gen_ai.response.finish_reasons",
    "gen_ai.response.id",
    "gen_ai.retrieval.documents",
    "gen_ai.usage.input_tokens",
    "openinference.span.kind",
    "retrieval.documents.0.document.metadata",
    "langfuse.observation.usage_details",
    "metadata",
    "evaluation.name",
    "evaluation.score",
    "evaluation.label",
    "error.type",
    "channel",
]
WORDS = [
    "chat",
    "retrieval",
    "LLM",
    "RETRIEVER",
    '[{"parts": [{"content": 1}, 2]}]',
    '[{"updated_at": "0001-01-01T00:00:00+14:00", "score": "x"}]',
    '{"updated_at": 7, "channel": ["a"]}',
    "[" * 50,
]
VALUE = (
    st.sampled_from(WORDS)
    | st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=4)
    | st.lists(st.dictionaries(st.text(max_size=4), st.text(max_size=4)), max_size=2)
)
ATTRIBUTES = st.dictionaries(st.sampled_from(KEYS), VALUE)
SPAN = st.builds(
    TraceSpan,
    trace=st.sampled_from(["a" * 32, "0" * 32, ""]),
    id=st.sampled_from(["a" * 16, "b" * 16, ""]),
    parent=st.sampled_from(["", "a" * 16]),
    name=st.just("s"),
    start_ns=st.integers(0, 2**64 - 1),
    end_ns=st.integers(0, 2**64 - 1),
    failed=st.booleans(),
    attributes=ATTRIBUTES,
    events=st.lists(
        st.tuples(st.sampled_from(["gen_ai.evaluation.result", "exception"]), ATTRIBUTES),
        max_size=2,
    ).map(tuple),
    resource=ATTRIBUTES,
)


@given(spans=st.lists(SPAN, max_size=4))
def test_whatever_spans_hold_each_generation_is_a_row_or_refused(spans: list[TraceSpan]) -> None:
    found = genai.told(spans)
    generations = [span for span in spans if genai.is_generation(span.attributes)]
    assert len(found.traces) + len(found.refused) == len(generations)
    rows = [prediction_of(trace, SYSTEM, SCHEMA) for trace in found.traces]
    accepted = predictions.accept(wire.of_objects(rows, SCHEMA), SCHEMA, NOW)
    assert accepted.table.num_rows + len(accepted.rejected) + accepted.duplicates == len(rows)
    labels = [label_of(id_, some, SYSTEM) for id_, some in found.evaluations.items()]
    outcomes.validate([one for one in labels if one], SYSTEM, NOW)


@pytest.mark.parametrize(
    ("attributes", "generation"),
    [
        ({"gen_ai.operation.name": "text_completion"}, True),
        ({"gen_ai.operation.name": "embeddings", "gen_ai.system": "x"}, False),
        ({"openinference.span.kind": "LLM"}, True),
        ({"openinference.span.kind": "AGENT"}, False),
        ({"langfuse.observation.type": "generation"}, True),
        ({"langfuse.observation.type": "span"}, False),
        ({"llm.request.type": "chat"}, True),
        ({}, False),
    ],
)
def test_calls_of_a_language_model_are_generations(
    attributes: dict[str, object], generation: bool
) -> None:
    assert genai.is_generation(attributes) is generation

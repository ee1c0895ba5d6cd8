"""Spans to traces: which spans are generations, and what their attributes say.

Three vocabularies are read, in this order where one thing has several names:

    OpenTelemetry GenAI   `gen_ai.*`, present names and those before 1.37 (github.com/
                          open-telemetry/semantic-conventions-genai, checked 2026-11)
    OpenInference         `llm.*`, `openinference.span.kind`, `retrieval.documents.{i}.*`
                          (github.com/Arize-ai/openinference, spec/semantic_conventions.md)
    Langfuse              `langfuse.*` on OTel spans

A generation is a call of a language model.  What retrieval spans of the same trace found before it
is counted with it; evaluations are looked for on it, on its children and by its response's id, all
within one request, since spans of other requests are not kept.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from tocsin.base.errors import BadInput
from tocsin.base.spans import parse_instant
from tocsin.ingest.otlp import Attributes, TraceSpan
from tocsin.ingest.trace import Evaluation, Trace

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GENERATIONS = frozenset({"chat", "generate_content", "text_completion", "completion"})
_EVALUATION = "gen_ai.evaluation.result"
_UPDATED = ("updated_at", "last_modified", "timestamp")
"""Keys of a document, or of its metadata, that tell when it was written."""
_LISTED_MAX = 1_000
"""Most documents, messages or evaluations that are looked for under numbered names."""
_WORDS: Mapping[str, tuple[str, ...]] = {
    "provider": ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"),
    "llm": (
        "gen_ai.response.model",
        "gen_ai.request.model",
        "llm.response.model_name",
        "llm.model_name",
        "llm.request.model_name",
        "langfuse.observation.model.name",
    ),
    "release": ("langfuse.release", "service.version", "langfuse.version"),
    "operation": ("gen_ai.operation.name", "openinference.span.kind", "langfuse.observation.type"),
    "environment": (
        "deployment.environment.name",
        "deployment.environment",
        "langfuse.environment",
    ),
}
_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "tokens_in": (
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "llm.token_count.prompt",
        "langfuse.observation.usage_details.input",
    ),
    "tokens_out": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
        "langfuse.observation.usage_details.output",
    ),
    "tokens_cached": (
        "gen_ai.usage.cache_read.input_tokens",
        "llm.token_count.prompt_details.cache_read",
    ),
    "tokens_reasoning": (
        "gen_ai.usage.reasoning.output_tokens",
        "llm.token_count.completion_details.reasoning",
    ),
    "first_chunk_s": ("gen_ai.response.time_to_first_chunk",),
    "cost": ("llm.cost.total", "langfuse.observation.cost_details.total"),
}
_INPUTS = ("gen_ai.input.messages", "gen_ai.prompt", "input.value", "langfuse.observation.input")
_OUTPUTS = (
    "gen_ai.output.messages",
    "gen_ai.completion",
    "output.value",
    "langfuse.observation.output",
)
_JSON = frozenset(
    {"metadata", "langfuse.observation.usage_details", "langfuse.observation.cost_details"}
)
"""Attributes whose JSON objects are read as attributes under `<name>.<key>`."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the spans of one service in one request tell."""

    traces: tuple[Trace, ...] = ()
    evaluations: Mapping[str, tuple[Evaluation, ...]] = field(
        default_factory=dict[str, tuple[Evaluation, ...]]
    )
    """By the id of the generation that they judge, in this request or an earlier one."""
    refused: tuple[tuple[str, str, str], ...] = ()
    """Generations that cannot be used: id, field and reason."""


def told(spans: Sequence[TraceSpan]) -> Told:
    """Return the generations among `spans` and the evaluations that they hold."""
    generations = [span for span in spans if is_generation(span.attributes)]
    refused = tuple((s.row_id, *fault) for s in generations if (fault := s.fault))
    good = [span for span in generations if not span.fault]
    evaluations = _evaluations(spans, good)
    found: dict[str, list[TraceSpan]] = {}
    for span in spans:
        if is_retrieval(span.attributes):
            found.setdefault(span.trace, []).append(span)
    traces = tuple(
        _trace(span, found.get(span.trace, ()), evaluations.get(span.row_id, ())) for span in good
    )
    return Told(traces, evaluations, refused)


def is_generation(attributes: Attributes) -> bool:
    """Return whether a span is a call of a language model.

    >>> is_generation({"gen_ai.operation.name": "chat"}), is_generation({"http.method": "GET"})
    (True, False)
    """
    operation = attributes.get("gen_ai.operation.name") or attributes.get("llm.request.type")
    if operation is not None:
        return isinstance(operation, str) and operation in _GENERATIONS
    if "openinference.span.kind" in attributes:
        return attributes["openinference.span.kind"] == "LLM"
    if "langfuse.observation.type" in attributes:
        return attributes["langfuse.observation.type"] == "generation"
    return "gen_ai.system" in attributes and "gen_ai.request.model" in attributes


def is_retrieval(attributes: Attributes) -> bool:
    """Return whether a span looks up documents."""
    return (
        attributes.get("gen_ai.operation.name") == "retrieval"
        or attributes.get("openinference.span.kind") == "RETRIEVER"
        or attributes.get("langfuse.observation.type") == "retriever"
    )


def _trace(
    span: TraceSpan, retrievals: Sequence[TraceSpan], evaluations: tuple[Evaluation, ...]
) -> Trace:
    said = dict(span.resource) | _unfolded(span.attributes)
    words = {name: _word(said, keys) for name, keys in _WORDS.items()}
    words["finish_reason"] = _finish(said)
    words["prompt"] = _prompt(said)
    parts = (words["release"], words["llm"], words["prompt"])
    numbers = {name: _number(said, keys) for name, keys in _NUMBERS.items()}
    numbers |= _lengths(said) | _retrieved(span, retrievals)
    facts = {name: word for name, word in words.items() if word}
    return Trace(
        id=span.row_id,
        at=_EPOCH + timedelta(microseconds=span.start_ns // 1000),
        latency_ms=(span.end_ns - span.start_ns) / 1e6,
        version=" ".join(part for part in parts if part),
        error=_error(span),
        facts=facts | {name: number for name, number in numbers.items() if number is not None},
        said=said,
        evaluations=evaluations,
    )


def _unfolded(attributes: Attributes) -> dict[str, object]:
    known = dict(attributes)
    for name in _JSON & known.keys():
        value = _plain(known[name])
        if isinstance(value, Mapping):
            inner = cast("Mapping[str, object]", value)
            known |= {f"{name}.{key}": one for key, one in inner.items()}
    return known


def _plain(value: object) -> object:
    """Return a structured attribute, which many senders write as JSON text."""
    if isinstance(value, str):
        with suppress(ValueError, RecursionError):
            return json.loads(value)
    return value


def _word(said: Attributes, keys: Iterable[str]) -> str | None:
    for key in keys:
        value = said.get(key)
        if isinstance(value, str) and value:
            return value
    return None


def _number(said: Attributes, keys: Iterable[str]) -> float | None:
    return next((n for key in keys if (n := _real(said.get(key))) is not None), None)


def _real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    with suppress(OverflowError):
        return float(value) if math.isfinite(value) else None
    return None


def _finish(said: Attributes) -> str | None:
    reasons = said.get("gen_ai.response.finish_reasons")
    if isinstance(reasons, str):
        reasons = _plain(reasons)
    if isinstance(reasons, list) and reasons:
        return str(cast("list[object]", reasons)[0])
    for message in _messages(said.get("gen_ai.output.messages")):
        if isinstance(message.get("finish_reason"), str):
            return str(message["finish_reason"])
    return _word(said, ("llm.finish_reason",))


def _prompt(said: Attributes) -> str | None:
    name = _word(said, ("gen_ai.prompt.name", "langfuse.observation.prompt.name"))
    for key in (
        "gen_ai.prompt.version",
        "langfuse.observation.prompt.version",
        "llm.prompt_template.version",
    ):
        version = said.get(key)
        if isinstance(version, str | int) and str(version):
            return f"{name or 'prompt'}@{version}"
    return name


def _error(span: TraceSpan) -> str | None:
    kind = _word(span.attributes, ("error.type", "exception.type"))
    for name, attributes in span.events:
        if name == "exception":
            kind = kind or _word(attributes, ("exception.type",))
    level = span.attributes.get("langfuse.observation.level")
    return kind or ("error" if span.failed or level == "ERROR" else None)


def _messages(value: object) -> list[Mapping[str, object]]:
    value = _plain(value)
    rows = cast("list[object]", value) if isinstance(value, list) else [value]
    return [cast("Mapping[str, object]", row) for row in rows if isinstance(row, Mapping)]


def _parts(message: Mapping[str, object]) -> list[Mapping[str, object]]:
    return _messages(message.get("parts"))


def _lengths(said: Attributes) -> dict[str, float | None]:
    answers = _messages(said.get("gen_ai.output.messages"))
    calls = sum(part.get("type") == "tool_call" for m in answers for part in _parts(m))
    calls += len(_numbered(said, ("llm.output_messages.",), (".tool_call.function.name",)))
    output = _chars(said, _OUTPUTS, ("llm.output_messages.", "gen_ai.completion."))
    return {
        "input_chars": _chars(said, _INPUTS, ("llm.input_messages.", "gen_ai.prompt.")),
        "output_chars": output,
        "tool_calls": float(calls) if calls or answers or output is not None else None,
    }


def _numbered(
    said: Attributes, prefixes: tuple[str, ...], suffixes: tuple[str, ...]
) -> list[object]:
    """Return the values of attributes that stand for list items, such as `<prefix>0<suffix>`."""
    return [
        value for key, value in said.items() if key.startswith(prefixes) and key.endswith(suffixes)
    ]


def _count(said: Attributes, pattern: str) -> int:
    return next((k for k in range(_LISTED_MAX) if pattern.format(k) not in said), _LISTED_MAX)


def _chars(said: Attributes, keys: Sequence[str], prefixes: tuple[str, ...]) -> float | None:
    """Return the length of the text of messages, or of a value that is no list of messages."""
    texts = _numbered(said, prefixes, (".content", ".message_content.text"))
    if texts:
        return float(sum(len(text) for text in texts if isinstance(text, str)))
    for key in keys:
        if key not in said:
            continue
        parts = [p for message in _messages(said[key]) for p in (_parts(message) or [message])]
        known = [text for part in parts if isinstance(text := part.get("content"), str)]
        if known:
            return float(sum(map(len, known)))
        if isinstance(said[key], str):
            return float(len(str(said[key])))
    return None


def _retrieved(span: TraceSpan, retrievals: Sequence[TraceSpan]) -> dict[str, float | None]:
    """Return what is known of the documents that were looked up before the span began."""
    earlier = [one for one in retrievals if one.start_ns <= span.start_ns]
    if not earlier:
        return {}
    documents = [doc for one in (*earlier, span) for doc in _documents(one.attributes)]
    scores = [s for doc in documents if (s := _real(doc.get("score"))) is not None]
    asked_at = _EPOCH + timedelta(microseconds=span.start_ns // 1000)
    ages = [(asked_at - at).total_seconds() for doc in documents if (at := _updated(doc))]
    return {
        "retrieved_docs": float(len(documents)),
        "best_doc_score": max(scores, default=None),
        "oldest_doc_age_s": max(ages, default=None),
    }


def _documents(attributes: Attributes) -> list[Mapping[str, object]]:
    listed = _messages(attributes.get("gen_ai.retrieval.documents"))
    for k in range(_LISTED_MAX):
        prefix = f"retrieval.documents.{k}.document."
        names = ("id", "content", "score", "metadata")
        document = {n: attributes[prefix + n] for n in names if prefix + n in attributes}
        if not document:
            break
        listed.append(document)
    return listed


def _updated(document: Mapping[str, object]) -> datetime | None:
    metadata = _plain(document.get("metadata"))
    places = [document]
    if isinstance(metadata, Mapping):
        places.append(cast("Mapping[str, object]", metadata))
    for place in places:
        for key in _UPDATED:
            if isinstance(place.get(key), str):
                with suppress(BadInput, OverflowError):
                    return parse_instant(str(place[key]))
    return None


def _evaluations(
    spans: Sequence[TraceSpan], generations: Sequence[TraceSpan]
) -> dict[str, tuple[Evaluation, ...]]:
    by_response = {
        str(span.attributes["gen_ai.response.id"]): span.row_id
        for span in generations
        if "gen_ai.response.id" in span.attributes
    }
    own = {span.row_id for span in generations}
    last = {span.trace: span.row_id for span in sorted(generations, key=lambda s: s.start_ns)}
    found: dict[str, list[Evaluation]] = {}
    for span in spans:
        if span.fault:
            continue
        parent = f"{span.trace}-{span.parent}" if span.parent else ""
        for attributes, evaluation in _said_of(span):
            named = by_response.get(str(attributes.get("gen_ai.response.id")))
            near = next((one for one in (span.row_id, parent) if one in own), None)
            target = named or near or last.get(span.trace) or parent
            if target:
                found.setdefault(target, []).append(evaluation)
    return {target: tuple(some) for target, some in found.items()}


def _said_of(span: TraceSpan) -> list[tuple[Attributes, Evaluation]]:
    """Return the evaluations that a span holds, as events or as attributes."""
    found: list[tuple[Attributes, Evaluation | None]] = [
        (attributes, _evaluation(attributes, "gen_ai.evaluation.", ".value"))
        for name, attributes in span.events
        if name == _EVALUATION
    ]
    own = span.attributes
    found.append((own, _evaluation(own, "gen_ai.evaluation.", ".value")))
    for word in ("evaluation", "annotation"):
        prefixes = [f"{word}s.{k}.{word}." for k in range(_count(own, f"{word}s.{{}}.{word}.name"))]
        found += [(own, _evaluation(own, prefix)) for prefix in (f"{word}.", *prefixes)]
    return [(attributes, one) for attributes, one in found if one is not None]


def _evaluation(attributes: Attributes, prefix: str, value: str = "") -> Evaluation | None:
    name = attributes.get(f"{prefix}name")
    if not isinstance(name, str):
        return None
    key = f"{prefix}score.label" if value else f"{prefix}label"
    label = attributes.get(key)
    score = _real(attributes.get(f"{prefix}score{value}"))
    known = isinstance(label, str | bool | int) and label != ""
    return Evaluation(name, score, str(label) if known else None)

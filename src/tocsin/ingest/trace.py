"""A trace: one generation of a generative system, with what is known about it, text left out.

`facts` have these names, and a system that declares a feature or attribute of such a name gets it:

    tokens_in, tokens_out, tokens_cached, tokens_reasoning    counts
    input_chars, output_chars, tool_calls                     lengths of texts, calls asked for
    first_chunk_s, cost                                       seconds, in the platform's currency
    retrieved_docs, best_doc_score, oldest_doc_age_s          of the documents retrieved before it
    finish_reason, provider, llm, prompt, release, operation, environment       words
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.ingest.rows import Schema
from tocsin.ingest.system import System

_METADATA = ("langfuse.trace.metadata.", "langfuse.observation.metadata.", "metadata.")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a person, a judge or a program said about a generation."""

    name: str
    score: float | None
    label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One generation."""

    id: str
    at: datetime
    latency_ms: float
    version: str
    error: str | None
    facts: Mapping[str, float | str]
    said: Mapping[str, object]
    """Whatever else the sender said about it, under the sender's names."""
    evaluations: tuple[Evaluation, ...] = ()


def prediction_of(trace: Trace, system: System, schema: Schema) -> dict[str, object]:
    """Return the wire row of a generation, as far as the system has a place for it.

    The score is that of the evaluation which `serving.score` names, else that of the only
    evaluation with a score in 0-1.
    """
    score = _score(trace, system)
    return {
        "id": trace.id,
        "at": trace.at.isoformat(),
        "version": trace.version,
        "latency_ms": trace.latency_ms,
        "error": trace.error,
        "score": score,
        "prediction": system.decide(score),
        "features": {f.name: _found(trace, f.name) for f in schema.features},
        "attributes": {a.name: _found(trace, a.name) for a in schema.attributes},
    }


def outcome_of(
    id_: str, evaluations: tuple[Evaluation, ...], system: System
) -> dict[str, object] | None:
    """Return the wire row of the label that evaluations gave a generation; None: they gave none.

    The evaluation called like the declared label column counts, else the only one with a label.
    """
    labelled = [one for one in evaluations if one.label is not None]
    named = [one for one in labelled if one.name == system.columns.label]
    chosen = named or (labelled if len(labelled) == 1 else [])
    return {"id": id_, "label": chosen[0].label} if chosen else None


def _score(trace: Trace, system: System) -> float | None:
    wanted = system.serving.score
    if wanted is not None:
        return next((one.score for one in trace.evaluations if one.name == wanted), None)
    scores = [
        one.score for one in trace.evaluations if one.score is not None and 0 <= one.score <= 1
    ]
    return scores[0] if len(scores) == 1 else None


def _found(trace: Trace, name: str) -> object:
    if name in trace.facts:
        return trace.facts[name]
    for key in (name, *(prefix + name for prefix in _METADATA)):
        if key in trace.said:
            return trace.said[key]
    return None

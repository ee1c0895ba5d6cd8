"""A generation finds its place in what the system declares; the rest is in `test_genai`."""

from dataclasses import replace

from tests.ingest.assistant import SCHEMA, SYSTEM
from tests.ingest.lending import NOW
from tocsin.ingest.system import Columns, Serving
from tocsin.ingest.trace import Evaluation, Trace, outcome_of, prediction_of

TRACE = Trace(
    id="t-s",
    at=NOW,
    latency_ms=12.5,
    version="v",
    error=None,
    facts={"tokens_in": 3.0, "provider": "openai"},
    said={"channel": "own", "langfuse.trace.metadata.channel": "metadata"},
)


def test_facts_and_the_senders_own_names_fill_what_is_declared() -> None:
    row = prediction_of(TRACE, SYSTEM, SCHEMA)
    assert row["attributes"] == {"channel": "own", "provider": "openai"}
    features = row["features"]
    assert isinstance(features, dict)
    assert features["tokens_in"] == 3.0
    assert features["tokens_out"] is None
    assert (row["score"], row["prediction"]) == (None, None)


def test_metadata_is_the_last_resort() -> None:
    said = {"langfuse.trace.metadata.channel": "metadata"}
    row = prediction_of(replace(TRACE, said=said), SYSTEM, SCHEMA)
    assert row["attributes"] == {"channel": "metadata", "provider": "openai"}


def test_a_declared_score_is_taken_as_it_is_and_an_undeclared_one_must_fit() -> None:
    stars = replace(TRACE, evaluations=(Evaluation("stars", 4.0, None),))
    declared = replace(SYSTEM, serving=Serving(score="stars"))
    assert prediction_of(stars, declared, SCHEMA)["score"] == 4.0
    assert prediction_of(stars, SYSTEM, SCHEMA)["score"] is None


def test_the_only_label_counts_and_of_several_the_declared_one() -> None:
    one, two = Evaluation("a", None, "yes"), Evaluation("helpful", None, "no")
    assert outcome_of("t", (one,), SYSTEM) == {"id": "t", "label": "yes"}
    assert outcome_of("t", (one, two), SYSTEM) == {"id": "t", "label": "no"}
    assert outcome_of("t", (one, two), replace(SYSTEM, columns=Columns())) is None
    assert outcome_of("t", (Evaluation("a", 1.0, None),), SYSTEM) is None

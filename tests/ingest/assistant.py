"""One small generative system, watched as far as binary systems go, that tests of traces share."""

from tocsin.ingest.rows import Attribute, Field, FieldKind, Schema
from tocsin.ingest.system import Columns, System

NUMBERS = (
    "tokens_in",
    "tokens_out",
    "input_chars",
    "output_chars",
    "tool_calls",
    "retrieved_docs",
    "best_doc_score",
    "oldest_doc_age_s",
    "gen_ai.request.temperature",
)
SCHEMA = Schema(
    features=(
        *(Field(name, FieldKind.NUMERIC) for name in NUMBERS),
        Field("finish_reason", FieldKind.CATEGORICAL),
    ),
    attributes=(Attribute("channel"), Attribute("provider")),
)
SYSTEM = System(name="assistant", columns=Columns(label="helpful"), slices=("channel", "provider"))

"""One small system that the tests of this room share."""

from datetime import UTC, datetime

from tocsin.ingest.rows import Attribute, Field, FieldKind, Schema
from tocsin.ingest.system import Columns, System

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
SCHEMA = Schema(
    features=(Field("income", FieldKind.NUMERIC), Field("channel", FieldKind.CATEGORICAL)),
    attributes=(Attribute("sex"), Attribute("age", (25, 40))),
)
SYSTEM = System(
    name="loan-approval",
    columns=Columns(
        id="application_id",
        time="decided",
        score="p",
        prediction="approved",
        label="repaid",
        version="release",
    ),
    slices=("age",),
    protected=("sex",),
    features=("income", "channel"),
)


def row(**changes: object) -> dict[str, object]:
    """A faultless wire row, with `changes` to its top fields."""
    return {
        "id": "a",
        "at": "2026-11-20T14:00:00Z",
        "version": "1",
        "features": {"income": 10.0, "channel": "web"},
        "attributes": {"sex": "f", "age": 31},
        "score": 0.7,
        "prediction": True,
        "latency_ms": 3.5,
    } | changes

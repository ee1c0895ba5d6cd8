"""The shape in which predictions and outcomes rest in the lake, one table of each per system.

Predictions (nullable but for the first four):

    id           string     unique within the system
    at           timestamp  when the decision was made (us, UTC): event time
    received_at  timestamp  when we accepted it (us, UTC)
    version      string     version of the system that decided; "" where unknown
    score        float64    in [0, 1]; null where there is none (a person or a rule decided)
    prediction   string     canonical class value (see `system.canonical`); null: pending or failed
    latency_ms   float64    how long the decision took
    decided_by   string     system | fallback | review | block | rollback
    directive    string     id of the directive that decided, if any
    error        string     type name of the failure, if the call failed
    capacity_used float64   share of the service's capacity in use then, from 0; above 1: calls wait
    f_<name>     by kind    one per feature, null = missing or mistyped.  Numbers: NaN and
                            infinities are kept, the quality monitors look for them
    mistyped     string     names of the features whose value was of another type than theirs,
                            joined by line feeds; null: none
    s_<name>     string     one per slice attribute; null = unknown.  Numeric attributes are banded

Outcomes: `id` of the prediction, `at` the label became known, `received_at`, `label` (canonical).
"""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import pyarrow as pa

from tocsin.base.phrases import number
from tocsin.ingest.system import plain

INSTANT = pa.timestamp("us", tz="UTC")
MISTYPED = "mistyped"
MISTYPED_BETWEEN = "\n"


class FieldKind(StrEnum):
    """How a feature is counted."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    TEXT = "text"
    EMBEDDING = "embedding"
    TIMESTAMP = "timestamp"


ARROW: Mapping[FieldKind, pa.DataType] = {
    FieldKind.NUMERIC: pa.float64(),
    FieldKind.CATEGORICAL: pa.string(),
    FieldKind.BOOLEAN: pa.string(),
    FieldKind.TEXT: pa.string(),
    FieldKind.EMBEDDING: pa.list_(pa.float32()),
    FieldKind.TIMESTAMP: INSTANT,
}
"""How a feature of each kind rests in the lake."""


@dataclass(frozen=True, slots=True)
class Field:
    """One input of the system."""

    name: str
    kind: FieldKind


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing that slices are cut by; `edges` are the inner borders of numeric bands."""

    name: str
    edges: tuple[float, ...] = ()

    def band(self, value: object) -> str | None:
        """Return the slice value of a raw attribute value; None where it is unknown.

        >>> Attribute("age", (25, 40)).band(31), Attribute("sex").band("f")
        ('25–40', 'f')
        """
        text = plain(value)
        if text is None or not self.edges:
            return text
        try:
            number_ = float(text)
        except ValueError:
            return None
        return None if math.isnan(number_) else self.bands[bisect_right(self.edges, number_)]

    @property
    def bands(self) -> tuple[str, ...]:
        """The names of a numeric attribute's bands, lowest first; each holds its lower border."""
        if not self.edges:
            return ()
        inner = tuple(f"{number(low)}–{number(high)}" for low, high in pairwise(self.edges))
        return (f"<{number(self.edges[0])}", *inner, f"≥{number(self.edges[-1])}")


@dataclass(frozen=True, slots=True)
class Schema:
    """What one system's rows hold: learnt once from its reference, see `profile.learn`."""

    features: tuple[Field, ...]
    attributes: tuple[Attribute, ...]

    def predictions(self) -> pa.Schema:
        """Return the Arrow schema of this system's prediction table."""
        return pa.schema(
            [
                pa.field("id", pa.string(), nullable=False),
                pa.field("at", INSTANT, nullable=False),
                pa.field("received_at", INSTANT, nullable=False),
                pa.field("version", pa.string(), nullable=False),
                pa.field("score", pa.float64()),
                pa.field("prediction", pa.string()),
                pa.field("latency_ms", pa.float64()),
                pa.field("decided_by", pa.string()),
                pa.field("directive", pa.string()),
                pa.field("error", pa.string()),
                pa.field("capacity_used", pa.float64()),
                pa.field(MISTYPED, pa.string()),
                *(pa.field(f"f_{feature.name}", ARROW[feature.kind]) for feature in self.features),
                *(pa.field(f"s_{attribute.name}", pa.string()) for attribute in self.attributes),
            ]
        )


OUTCOMES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("at", INSTANT, nullable=False),
        pa.field("received_at", INSTANT, nullable=False),
        pa.field("label", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one row of a body was refused; `row` counts from 0 within the body."""

    row: int
    id: str | None
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The good rows of a body in the lake's schema, and what was refused or left out."""

    table: pa.Table
    rejected: tuple[Rejection, ...]
    duplicates: int = 0
    """Rows dropped because their id came earlier in the body or was accepted before."""
    ignored_fields: tuple[str, ...] = ()
    """Names in the body that this system has no place for."""

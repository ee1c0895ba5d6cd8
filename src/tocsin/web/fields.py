"""How our words look in JSON: slices as objects, numbers that cannot be said as null."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from tocsin.base.slices import Slice


class Answer(BaseModel):
    """A JSON answer, read from a noun's attributes of the same names."""

    model_config = ConfigDict(from_attributes=True)


class Order(BaseModel):
    """A JSON body that asks for something; what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid")


def _said(value: Any) -> Any:  # noqa: ANN401 - any JSON value may come
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _conditions(value: Any) -> Any:  # noqa: ANN401 - any JSON value may come
    return value.as_dict() if isinstance(value, Slice) else value


Number = Annotated[float | None, BeforeValidator(_said)]
"""A number, or null where it cannot be said (NaN)."""
Conditions = Annotated[dict[str, str], BeforeValidator(_conditions)]
"""A slice as attribute → value; the empty object is everyone."""
Wanted = Annotated[dict[str, str], Field(max_length=10)]
"""A slice that somebody asks for."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
"""Something that a person wrote."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""What something is called."""
Instant = AwareDatetime
"""ISO 8601 with a time zone."""


class SpanAnswer(Answer):
    """A stretch of time, half open."""

    start: datetime
    end: datetime

"""A change: anything that may have caused trouble, recorded so that diagnosis can name it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tocsin.base.slices import EVERYONE, Slice


class ChangeKind(StrEnum):
    """What was changed."""

    DEPLOY = "deploy"
    FEATURE_PIPELINE = "feature_pipeline"
    DATA_SOURCE = "data_source"
    FLAG = "flag"
    THRESHOLD = "threshold"
    PROMPT = "prompt"
    INDEX = "index"
    VENDOR = "vendor"
    INFRASTRUCTURE = "infrastructure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One recorded change; `features` are the inputs it touches, `scope` the people."""

    id: str
    at: datetime
    system: str
    kind: ChangeKind
    title: str
    scope: Slice = EVERYONE
    features: tuple[str, ...] = ()
    version: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Free facts such as commit, author team or ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A person's report of harm; `prediction_id` where the person could name the decision."""

    id: str
    at: datetime
    system: str
    text: str
    prediction_id: str | None = None
    slice: Slice = EVERYONE
    contact: str | None = None

"""A suspect: one candidate cause, with its score and the evidence in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class SuspectKind(StrEnum):
    """What sort of thing is suspected."""

    CHANGE = "change"
    COLUMN = "column"
    SLICE = "slice"
    UNKNOWN = "unknown"
    """Nothing that was recorded: the weight left over when no change explains the harm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One candidate cause.

    Scores of changes and of `unknown` are posterior probabilities (0-1) that add up to one within
    a diagnosis; scores of columns and slices are shares of the evidence among their own kind.
    """

    rank: int
    """From 1 within its kind's ordering; changes and `unknown` share one ordering."""
    kind: SuspectKind
    title: str
    """What people call it, e.g. `feature pipeline update "income v311"`."""
    what: Mapping[str, str]
    """Facts to find it by: `id`, `kind`, `at` of a change, `column`, or the slice's conditions."""
    score: float
    why: str

"""A directive: containment in force, which the serving side obeys."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.base.slices import EVERYONE, Slice


class Action(StrEnum):
    """What the serving side does instead of letting the system decide."""

    FALLBACK = "fallback"
    """Decide by the rules that the service registered with the guard."""
    REVIEW = "review"
    """Route the decision to a person; the caller gets a pending answer."""
    ROLLBACK = "rollback"
    """Decide with an earlier version of the system that the service registered with the guard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """One action on one slice of one system until it expires or is reverted."""

    id: str
    system: str
    action: Action
    slice: Slice = EVERYONE
    to_version: str | None = None
    incident: str | None = None
    plan: str | None = None
    created_at: datetime
    expires_at: datetime
    reverted_at: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        """Return whether the serving side must obey at `now`."""
        return self.reverted_at is None and self.created_at <= now < self.expires_at

"""Nouns of the alert room that cross its door."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.base.slices import Slice
from tocsin.detect.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A finding that fires.  The same monitor of the same system has one fingerprint."""

    fingerprint: str
    system: str
    finding: Finding
    started_at: datetime

    @property
    def slice(self) -> Slice:
        """The slice its finding is about."""
        return self.finding.slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell one person on one channel; the same `key` always means the same page.

    An empty `acknowledge_url` means that it only tells: nothing is asked of anybody.
    """

    key: str
    address: str
    subject: str
    text: str
    severity: str
    incident: str
    incident_url: str
    acknowledge_url: str
    at: datetime
    facts: Mapping[str, str]
    taken: int = 0
    """How often somebody had taken the incident before and people were called again."""

    @property
    def thread(self) -> str:
        """What a receiver that keeps incidents of its own knows this one by.

        A new one once people are called again: under the old name somebody has it there already,
        and nobody's phone would ring.
        """
        return f"{self.incident}/{self.taken}" if self.taken else self.incident

"""Complaints that open an incident: several people who say the same are a finding of their own.

    distinct complaints about one system, within the rule's length of time and since the last
    incident of the system was resolved  >=  the rule's number   and no incident is open there

The words of a complaint are not judged; equal ones count once, so that a double click is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.base.slices import EVERYONE, Slice
from tocsin.incident.incident import Incident, Severity
from tocsin.ingest.change import Complaint


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRule:
    """When complaints open an incident; `number` 0: never."""

    number: int = 5
    within: timedelta = timedelta(hours=24)
    severity: Severity = Severity.SEV3


def enough(
    complaints: Sequence[Complaint], incidents: Sequence[Incident], rule: IntakeRule, now: datetime
) -> tuple[Complaint, ...]:
    """Return the complaints that open an incident `now`, oldest first; empty: none is opened.

    Args:
        complaints: those about one system.
        incidents: those of the system that are open or ended lately.
        rule: when.
        now: when.
    """
    if not rule.number or any(one.resolved_at is None for one in incidents):
        return ()
    ended = [one.resolved_at for one in incidents if one.resolved_at is not None]
    since = max([now - rule.within, *ended])
    said: dict[str, Complaint] = {}
    for one in sorted(complaints, key=lambda one: (one.at, one.id)):
        if since < one.at <= now:
            said.setdefault(" ".join(one.text.lower().split()), one)
    return tuple(said.values()) if len(said) >= rule.number else ()


def slice_of(complaints: Sequence[Complaint]) -> Slice:
    """Return the slice that all of them name; everyone where they differ."""
    slices = {one.slice for one in complaints}
    return slices.pop() if len(slices) == 1 else EVERYONE

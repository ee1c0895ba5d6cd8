"""Response times: how long people were harmed before each step of the response."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tocsin.incident.incident import Entry, EntryKind, Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTimes:
    """One incident's times; None where the step has not happened, or its start is not known.

    Over many incidents their means are MTTD, MTTA, MTTC and MTTR.
    """

    mttd: timedelta | None
    """From the start of the impact to detection."""
    mtta: timedelta | None
    """From detection to acknowledgement."""
    mttc: timedelta | None
    """From detection to containment that was seen to be obeyed."""
    mttr: timedelta | None
    """From the start of the impact to verified recovery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseBudget:
    """How long each step may take before the review says that it took too long."""

    mttd: timedelta = timedelta(minutes=15)
    mtta: timedelta = timedelta(minutes=5)
    mttc: timedelta = timedelta(minutes=30)
    mttr: timedelta = timedelta(hours=4)


def response_times(incident: Incident, entries: Sequence[Entry] = ()) -> ResponseTimes:
    """Return the response times of one incident; a negative length is said as zero.

    Args:
        incident: with its times.
        entries: its timeline, where at hand: the *first* acknowledgement counts, also when the
            incident got worse and had to be acknowledged again.

    An onset is estimated per bucket, so that it can lie a little after a fast detection.
    """
    detected, began = incident.detected_at, incident.impact_from
    first = [entry.at for entry in entries if entry.kind is EntryKind.ACKNOWLEDGED]
    acknowledged, contained = min(first, default=incident.acknowledged_at), incident.contained_at
    recovered = incident.recovered_at
    zero = timedelta(0)
    return ResponseTimes(
        mttd=max(zero, detected - began) if began else None,
        mtta=max(zero, acknowledged - detected) if acknowledged else None,
        mttc=max(zero, contained - detected) if contained else None,
        mttr=max(zero, recovered - began) if recovered and began else None,
    )

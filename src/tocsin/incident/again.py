"""An incident that comes back: the same alarm fires again soon after somebody called it over.

It is opened again rather than a second one beside it: one timeline, one review, and people are
called anew, from the first step.  Later than `WITHIN` it is a new incident.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident, State
from tocsin.incident.lifecycle import Moved

WITHIN = timedelta(hours=1)
"""How long after its end an incident can come back."""


def may_come_back(incident: Incident, now: datetime) -> bool:
    """Return whether the same alarm now would be the same incident."""
    return incident.resolved_at is not None and now - incident.resolved_at <= WITHIN


def come_back(incident: Incident, *, now: datetime, entry_id: str, why: str) -> Moved:
    """Return the incident as open again and taken by nobody; one that is not over is unchanged.

    What was contained and recovered did not hold, so that those times are still to come.
    """
    if incident.state is not State.RESOLVED:
        return incident, ()
    after = replace(
        incident,
        state=State.OPEN,
        acknowledged_at=None,
        acknowledged_by=None,
        contained_at=None,
        recovered_at=None,
        resolved_at=None,
        paging_from=now if lifecycle.pages(incident.severity) else None,
    )
    return lifecycle.note(
        after,
        kind=EntryKind.PAGE,
        text=why,
        actor=lifecycle.TOCSIN,
        now=now,
        entry_id=entry_id,
        facts={lifecycle.AGAIN: "came back"},
    )

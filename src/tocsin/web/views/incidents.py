"""The list of incidents: what is open, what was, and what a search finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.phrases import count
from tocsin.incident.incident import Incident, State
from tocsin.web.views.marks import Mark
from tocsin.web.views.overview import IncidentLine, in_order, incident_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """The page."""

    mark: Mark
    answer: str
    open_ones: tuple[IncidentLine, ...]
    over: tuple[IncidentLine, ...]
    systems: tuple[str, ...]
    """Systems whose name a search found."""
    wanted: str


def incidents(
    found: Sequence[Incident], affected: dict[str, int], systems: Sequence[str], wanted: str = ""
) -> Incidents:
    """Return the page.

    Args:
        found: open ones first, gravest first, then the others, newest first.
        affected: decisions that each incident harmed, by id.
        systems: the names of all systems.
        wanted: what the reader searches for; empty: everything.
    """
    shown = [one for one in found if matches(one, wanted)]
    lines = [incident_line(one, affected.get(one.id, 0)) for one in shown]
    live = in_order(line for line in lines if line.incident.state is not State.RESOLVED)
    over = tuple(line for line in lines if line.incident.state is State.RESOLVED)
    worst = (line.mark for line in live)
    mark = min(worst, key=(Mark.HARM, Mark.CONTAINED, Mark.HEALTHY).index, default=Mark.HEALTHY)
    if wanted:
        answer = f"{count(len(shown), 'incident')} found for “{wanted}”."
    elif live:
        verb = "is" if len(live) == 1 else "are"
        answer = f"{count(len(live), 'incident')} {verb} open."
    else:
        answer = "No incident is open."
    names = tuple(name for name in systems if wanted and wanted.lower() in name.lower())
    return Incidents(
        mark=mark, answer=answer, open_ones=live, over=over, systems=names, wanted=wanted
    )


def matches(incident: Incident, wanted: str) -> bool:
    """Return whether every word of `wanted` stands in name, title, system or slice."""
    text = f"{incident.name} {incident.title} {incident.system} {incident.slice.label}".lower()
    return all(word in text for word in wanted.lower().split())

"""What an incident's room says of the status page: what the public reads, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.incident.bulletin import Bulletin, Component, Stage, neutral, wording
from tocsin.incident.incident import Incident
from tocsin.incident.statuspage import StatusPage

FIRST_WORDS = "We are looking into a problem and will say more here soon."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The panel."""

    bulletin: Bulletin | None
    """What stands on the page, or the last that stood."""
    open: bool
    """Whether the public is told that it goes on."""
    says: str
    warns: str
    stage: Stage
    """What the form offers first."""
    touched: tuple[str, ...]
    """Keys of the components that the incident can be about."""
    components: tuple[Component, ...]
    title: str
    whom: str


def standing(page: StatusPage, incident: Incident, known: Sequence[Bulletin]) -> Standing:
    """Return the panel of `incident`, of which `known` was published."""
    going = [one for one in known if one.resolved_at is None]
    last = max(going or known, key=lambda one: one.last.at, default=None)
    open_ = last is not None and last.resolved_at is None
    touched = [one for one in page.components if one.touches(incident)]
    return Standing(
        bulletin=last,
        open=open_,
        says=_says(last),
        warns=_warns(incident, last, open_=open_),
        stage=_next(incident, last, open_=open_),
        touched=tuple(one.key for one in touched),
        components=page.components,
        title=neutral(touched) if touched else "",
        whom=wording(touched, incident.slice),
    )


def _says(last: Bulletin | None) -> str:
    if last is None:
        return "Not published: the public is told nothing."
    if last.resolved_at is not None:
        return "The public was told that it is over."
    return f"The public reads: {last.last.stage.value}."


def _warns(incident: Incident, last: Bulletin | None, *, open_: bool) -> str:
    if open_ and incident.resolved_at is not None:
        return "The incident is resolved, and the page still says that it goes on."
    over = last is not None and not open_
    if over and incident.resolved_at is None:
        return "The page says that it is over, and the incident is not resolved."
    return ""


def _next(incident: Incident, last: Bulletin | None, *, open_: bool) -> Stage:
    if last is None or not open_:
        return Stage.INVESTIGATING
    if incident.resolved_at is not None:
        return Stage.RESOLVED
    return Stage.MONITORING if incident.contained_at is not None else Stage.IDENTIFIED

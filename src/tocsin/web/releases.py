"""Whether a new version may go out: what a release pipeline asks before it deploys."""

from __future__ import annotations

from datetime import datetime

from tocsin.contain.directive import Action
from tocsin.store import containment, systems
from tocsin.web.fields import Answer
from tocsin.web.site import SiteDep


class ReleasesAnswer(Answer):
    """`frozen`: no new version may go out, until when, and by which directive of which incident."""

    frozen: bool
    until: datetime | None
    directive: str | None
    incident: str | None


def show_releases(site: SiteDep, name: str) -> ReleasesAnswer:
    """Return whether releases of a system are frozen now; of several freezes, the longest."""
    with site.database.reading() as conn:
        systems.get(conn, name)
        freezes = [
            d for d in containment.in_force(conn, name, site.clock()) if d.action is Action.FREEZE
        ]
    last = max(freezes, key=lambda d: d.expires_at, default=None)
    return ReleasesAnswer(
        frozen=last is not None,
        until=last.expires_at if last else None,
        directive=last.id if last else None,
        incident=last.incident if last else None,
    )

"""GET /v1/in-force : what is in force, across all systems."""

from __future__ import annotations

from datetime import datetime

from tocsin.store import containment
from tocsin.web.directives import DirectiveAnswer
from tocsin.web.fields import Answer
from tocsin.web.site import SiteDep


class HeldAnswer(DirectiveAnswer):
    """One directive with the system that obeys it, and what it is for."""

    system: str
    incident: str | None
    plan: str | None
    created_at: datetime
    obeyed_at: datetime | None
    """Since when the serving side is seen to obey it; null: nothing has shown it."""


class InForceAnswer(Answer):
    """Everything in force now, the first to end first."""

    directives: list[HeldAnswer]


def show(site: SiteDep) -> InForceAnswer:
    """Return what is in force now, for every system."""
    with site.database.reading() as conn:
        held = containment.all_in_force(conn, site.clock())
    return InForceAnswer(directives=[HeldAnswer.model_validate(one) for one in held])

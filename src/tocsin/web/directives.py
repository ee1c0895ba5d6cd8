"""What the serving side must obey now."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query

from tocsin.contain.directive import Action
from tocsin.store import containment, systems
from tocsin.web.fields import Answer, Conditions
from tocsin.web.site import Site, SiteDep


class DirectiveAnswer(Answer):
    """One action on one slice until it expires."""

    id: str
    action: Action
    slice: Conditions
    to_version: str | None
    share: float | None
    threshold: float | None
    expires_at: datetime
    glass: bool
    """Whether one person put it in force alone, where more must approve."""


class DirectivesAnswer(Answer):
    """All that is in force; `version` grows with every write to the system's directives."""

    version: int
    directives: list[DirectiveAnswer]


def read_directives(site: Site, system: str) -> DirectivesAnswer:
    """Return what is in force for `system` and is the serving side's to obey.

    Raises:
        NotFound: there is no such system.
    """
    with site.database.reading() as conn:
        systems.get(conn, system)
        return DirectivesAnswer(
            version=containment.directives_version(conn, system),
            directives=[
                DirectiveAnswer.model_validate(d)
                for d in containment.in_force(conn, system, site.clock())
                if d.action.told
            ],
        )


def directives(site: SiteDep, system: Annotated[str, Query()]) -> DirectivesAnswer:
    """Return what is in force for a system."""
    return read_directives(site, system)

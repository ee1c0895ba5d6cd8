"""What the serving side must obey now; that it asked is noted, so that plans can tell who hears.

An open stream asks for as long as it is read.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import BackgroundTasks, Query

from tocsin.base.errors import TocsinError
from tocsin.contain.directive import Action
from tocsin.detect.stages import SERVING, arrived
from tocsin.store import containment, stages, systems
from tocsin.web.access import Caller, CallerDep
from tocsin.web.fields import Answer, Conditions
from tocsin.web.site import Site, SiteDep

NOTED_EVERY = timedelta(seconds=30)


class DirectiveAnswer(Answer):
    """One action on one slice until it expires."""

    id: str
    action: Action
    slice: Conditions
    of_version: str | None
    """Only for decisions that this version would otherwise make; null: whoever would."""
    to_version: str | None
    share: float | None
    threshold: float | None
    expires_at: datetime
    glass: bool
    """Whether one person put it in force alone, where more must approve."""


class DirectivesAnswer(Answer):
    """All that is in force; `version` grows with every write to the system's directives.

    What is about the decisions of one version is a list of its own: a client of an earlier release
    knows nothing of it, and obeying such a directive for everyone would be what nobody approved.
    """

    version: int
    directives: list[DirectiveAnswer]
    of_versions: list[DirectiveAnswer]


def read_directives(site: Site, system: str) -> DirectivesAnswer:
    """Return what is in force for `system` and is the serving side's to obey.

    Raises:
        NotFound: there is no such system.
    """
    with site.database.reading() as conn:
        systems.get(conn, system)
        version = containment.directives_version(conn, system)
        held = [d for d in containment.in_force(conn, system, site.clock()) if d.action.told]
    told = [DirectiveAnswer.model_validate(d) for d in held]
    return DirectivesAnswer(
        version=version,
        directives=[one for one in told if one.of_version is None],
        of_versions=[one for one in told if one.of_version is not None],
    )


def directives(
    site: SiteDep,
    caller: CallerDep,
    after: BackgroundTasks,
    system: Annotated[str, Query()],
) -> DirectivesAnswer:
    """Return what is in force for a system."""
    answer = read_directives(site, system)
    after.add_task(heard, site, caller, system)
    return answer


def heard(site: Site, caller: Caller, system: str) -> None:
    """Note that the serving side asked.

    It may wait for the database: beside an answer, never before it.
    """
    # a person who looks is no service
    if caller.session or not site.noting.acquire(blocking=False):
        return
    try:
        with suppress(TocsinError):
            now = site.clock()
            with site.database.reading() as conn:
                last = stages.get(conn, SERVING, system)
            if last is None or abs(now - last.at) >= NOTED_EVERY:  # clocks are put back, too
                with site.database.unit(SERVING, now, quiet=True) as unit:
                    stages.beat(unit, SERVING, system, str(arrived(last, now)))
    finally:
        site.noting.release()

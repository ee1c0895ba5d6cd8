"""Single findings: every alarm that was said, and any of them computed again and drawn."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import Query

from tocsin.base.spans import Span
from tocsin.detect.drawing import drawing
from tocsin.store import findings, systems
from tocsin.web.fields import Answer, Instant
from tocsin.web.site import SiteDep
from tocsin.web.systems import LOOK_BACK, FindingAnswer

MOST = 500
Named = Annotated[
    str, Query(max_length=1000, description="an alarm's number, or the key of a monitor")
]


class AlarmAnswer(Answer):
    """One alarm of the log; its number names it for good."""

    number: int
    at: datetime
    finding: FindingAnswer


class AlarmsAnswer(Answer):
    """The alarms said of a system, newest first, at most 500."""

    system: str
    alarms: list[AlarmAnswer]


class ExplainedAnswer(Answer):
    """One finding as it was said, and as it is computed again from what was known then.

    `same` is whether every number is equal to the last digit; `differs` names those that are not;
    `drawn` are the lines of its drawing for a terminal.
    """

    system: str
    finding: FindingAnswer
    again: FindingAnswer | None
    same: bool
    differs: list[str]
    verdict: str
    drawn: list[str]
    url: str


def list_alarms(
    site: SiteDep,
    name: str,
    since: Annotated[Instant | None, Query(description="seven days ago if left out")] = None,
    until: Annotated[Instant | None, Query(description="now if left out")] = None,
) -> AlarmsAnswer:
    """Return the alarms said of one system, newest first."""
    end = until or site.clock() + timedelta(seconds=1)
    with site.database.reading() as conn:
        systems.get(conn, name)
        found = findings.logged(conn, name, Span(since or end - LOOK_BACK, end), MOST)
    return AlarmsAnswer(system=name, alarms=[AlarmAnswer.model_validate(one) for one in found])


def explain(site: SiteDep, name: str, finding: Named) -> ExplainedAnswer:
    """Return one finding computed again: an alarm by its number, a monitor's last by its key."""
    with site.database.reading() as conn:
        found = site.explain(conn, name, finding)
    again = None if found.obstacle else FindingAnswer.model_validate(found.picture.finding)
    return ExplainedAnswer(
        system=name,
        finding=FindingAnswer.model_validate(found.said),
        again=again,
        same=found.same,
        differs=list(found.differs),
        verdict=found.verdict,
        drawn=drawing(found.picture),
        url=f"{site.base_url}{path_of(name, finding)}",
    )


def path_of(system: str, finding: str) -> str:
    """Return the path of a finding's page.

    >>> path_of("loans", "performance/recall//sex=f")
    '/systems/loans/explain?finding=performance%2Frecall%2F%2Fsex%3Df'
    """
    return f"/systems/{quote(system, safe='')}/explain?finding={quote(finding, safe='')}"

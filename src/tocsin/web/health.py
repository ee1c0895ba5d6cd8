"""Is this process alive, and can it do its work?"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta

from fastapi import Response

from tocsin.base.errors import TocsinError
from tocsin.base.spans import describe
from tocsin.detect.stages import silent_duties, stale
from tocsin.store import invariant, stages
from tocsin.web.fields import Answer
from tocsin.web.site import Site, SiteDep

log = logging.getLogger(__name__)

READY_KEPT = timedelta(seconds=2)
"""How long `/readyz` says the same: everybody may ask, and to look writes a file into the lake."""


class HealthAnswer(Answer):
    """The process answers."""

    status: str


class StageLine(Answer):
    """One stage, all systems together; which of them is told to who may read, at /v1/stages."""

    stage: str
    fresh: bool
    stale_systems: int


class ReadyAnswer(Answer):
    """Whether the work gets done, and what is in the way.

    Stages that are stale because of what comes from outside, or for one system alone, are told and
    do not make this process unready: people must reach it then more than ever.
    """

    ready: bool
    problems: list[str]
    paging_invariant_broken: int
    """Incidents that wait for somebody whom no page will reach in time; /v1/stages names them."""
    stages: list[StageLine]


class StageAnswer(Answer):
    """One stage of the pipeline: fresh or stale, since when (its last success), and why."""

    stage: str
    system: str | None
    fresh: bool
    since: datetime | None
    silent_s: float | None
    allowed_s: float
    why: str


class StagesAnswer(Answer):
    """Every stage: those of each system in the order of the flow, then the duties."""

    fresh: bool
    paging_invariant_broken: list[str]
    stages: list[StageAnswer]


def healthz() -> HealthAnswer:
    """Return that this process answers; nothing else is asked."""
    return HealthAnswer(status="ok")


def readyz(site: SiteDep, response: Response) -> ReadyAnswer:
    """Return 200 if the database, the lake and the workers are all there, else 503 and why."""
    answer = site.readiness.get(site.clock(), READY_KEPT, lambda: _ready(site))
    if not answer.ready:
        response.status_code = 503
    return answer


def list_stages(site: SiteDep) -> StagesAnswer:
    """Return of every stage of the pipeline whether it is fresh."""
    now = site.clock()
    with site.database.reading() as conn:
        found = stages.fresh(conn, now, site.policies, least=site.stale_after)
        broken = invariant.broken(conn, now)
    return StagesAnswer(
        fresh=not stale(found),
        paging_invariant_broken=broken,
        stages=[
            StageAnswer(
                stage=one.stage,
                system=one.system or None,
                fresh=one.fresh,
                since=one.since,
                silent_s=None if one.since is None else (now - one.since).total_seconds(),
                allowed_s=one.allowed.total_seconds(),
                why=one.why,
            )
            for one in found
        ],
    )


def _ready(site: Site) -> ReadyAnswer:
    problems = [*_database(site), *_lake(site)]
    lines, broken = _state(site)
    return ReadyAnswer(
        ready=not problems, problems=problems, paging_invariant_broken=broken, stages=lines
    )


def _state(site: Site) -> tuple[list[StageLine], int]:
    now = site.clock()
    try:
        with site.database.reading() as conn:
            found = stages.fresh(conn, now, site.policies, least=site.stale_after)
            broken = len(invariant.broken(conn, now))
    except TocsinError:  # already a problem
        return [], 0
    late = Counter(one.stage for one in stale(found))
    lines = [
        StageLine(
            stage=stage,
            fresh=not late[stage],
            stale_systems=sum(one.stage == stage and bool(one.system) for one in stale(found)),
        )
        for stage in dict.fromkeys(one.stage for one in found)
    ]
    return lines, broken


def _database(site: Site) -> list[str]:
    now = site.clock()
    try:
        with site.database.reading() as conn:
            seen = stages.every(conn)
    except TocsinError as error:
        return [_kept_back("the database", error)]
    if not seen:
        return ["no worker has ever reported; start one with --role worker or all"]
    return [
        f"stage {stage.stage} last reported {describe(now - stage.at)} ago"
        for stage in silent_duties(seen, now, site.stale_after)
    ]


def _lake(site: Site) -> list[str]:
    try:
        site.lake.check_writable()
    except TocsinError as error:
        return [_kept_back("the lake", error)]
    return []


def _kept_back(what: str, error: TocsinError) -> str:
    """Return what everybody may read of `error`: it says where things are."""
    log.warning("not ready: %s", error)
    return f"{what} cannot be used; the log says why"

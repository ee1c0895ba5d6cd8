"""Is this process alive, and can it do its work?"""

from __future__ import annotations

from fastapi import Response

from tocsin.base.errors import TocsinError
from tocsin.base.spans import describe
from tocsin.store import stages
from tocsin.web.fields import Answer
from tocsin.web.site import Site, SiteDep


class HealthAnswer(Answer):
    """The process answers."""

    status: str


class ReadyAnswer(Answer):
    """Whether the work gets done, and what is in the way."""

    ready: bool
    problems: list[str]


def healthz() -> HealthAnswer:
    """Return that this process answers; nothing else is asked."""
    return HealthAnswer(status="ok")


def readyz(site: SiteDep, response: Response) -> ReadyAnswer:
    """Return 200 if the database, the lake and the workers are all there, else 503 and why."""
    problems = [*_database(site), *_lake(site)]
    if problems:
        response.status_code = 503
    return ReadyAnswer(ready=not problems, problems=problems)


def _database(site: Site) -> list[str]:
    now = site.clock()
    try:
        with site.database.reading() as conn:
            seen = stages.every(conn)
    except TocsinError as error:
        return [str(error)]
    if not seen:
        return ["no worker has ever reported; start one with --role worker or all"]
    latest: dict[str, stages.Stage] = {}
    for stage in seen:
        known = latest.get(stage.stage)
        if known is None or stage.at > known.at:
            latest[stage.stage] = stage
    return [
        f"stage {stage.stage} last reported {describe(now - stage.at)} ago"
        for stage in latest.values()
        if now - stage.at > site.stale_after
    ]


def _lake(site: Site) -> list[str]:
    try:
        site.lake.check_writable()
    except TocsinError as error:
        return [str(error)]
    return []

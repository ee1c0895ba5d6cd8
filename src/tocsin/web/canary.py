"""A candidate beside the champion: promote, hold or abort, from the profiles of both versions."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated

import sqlalchemy as sa
from fastapi import Query

from tocsin.base.errors import BadInput
from tocsin.base.spans import Span
from tocsin.contain import canary
from tocsin.contain.canary import Answer as Known
from tocsin.contain.canary import Call, Canary
from tocsin.profile.cell import Cells
from tocsin.profile.layout import Layout, layout_of
from tocsin.store import profiles, systems
from tocsin.web.fields import Answer, Conditions, Instant, Number, SpanAnswer
from tocsin.web.site import SiteDep

LOOK_BACK = timedelta(days=14)
Version = Annotated[str | None, Query(max_length=200)]


class RateAnswer(Answer):
    """`k` of `n`."""

    k: int
    n: int


class ComparedAnswer(Answer):
    """One measure of one slice: the candidate beside the champion; harm in shares, 0-1."""

    measure: str
    slice: Conditions
    candidate: RateAnswer
    champion: RateAnswer
    harm: Number
    interval: tuple[Number, Number]
    surely: Number
    borne: float
    must: bool
    answer: Known
    text: str


class CanaryAnswer(Answer):
    """What to do with the candidate, and everything that was compared, the worst first."""

    system: str
    candidate: str
    champion: str
    span: SpanAnswer | None
    call: Call
    why: str
    compared: list[ComparedAnswer]


def show(
    site: SiteDep,
    name: str,
    candidate: Annotated[Version, Query(description="the newest if left out")] = None,
    champion: Annotated[
        Version, Query(description="who decided most beside the candidate if left out")
    ] = None,
    since: Annotated[Instant | None, Query(description="14 days ago if left out")] = None,
) -> CanaryAnswer:
    """Say whether a new version is fit to replace the one that serves; ask as often as you like."""
    with site.database.reading() as conn:
        told = gather(conn, name, candidate, champion, since=since, now=site.clock())
    return CanaryAnswer(
        system=name,
        candidate=told.candidate,
        champion=told.champion,
        span=SpanAnswer.model_validate(told.span) if told.span else None,
        call=told.call,
        why=told.why,
        compared=[ComparedAnswer.model_validate(one) for one in told.compared],
    )


def gather(
    conn: sa.Connection,
    name: str,
    candidate: str | None,
    champion: str | None,
    *,
    since: datetime | None,
    now: datetime,
) -> Canary:
    """Return the verdict over what is stored.

    Args:
        conn: where to read.
        name: of the system.
        candidate: the version under trial; None: the one that was seen first last.
        champion: the version it would replace; None: who decided most beside the candidate.
        since: from when on they are compared; None: `LOOK_BACK` before now.
        now: the time.

    Raises:
        NotFound: there is no such system.
        BadInput: there are no two versions to compare, or a version was not seen.
    """
    stored = systems.get(conn, name)
    spec, system = stored.spec, stored.system
    span = Span(since or now - LOOK_BACK, now)
    layout = layout_of(spec)
    everyone = profiles.cells(conn, spec, span, slice="")
    one, other = _versions(everyone, layout, candidate, champion)
    cells = {
        **profiles.cells(conn, spec, span, version=one),
        **profiles.cells(conn, spec, span, version=other),
    }
    return canary.judge(
        cells,
        layout,
        candidate=one,
        champion=other,
        now=now,
        trial=system.trial,
        outcomes_after=timedelta(seconds=system.outcomes_after_s),
    )


def _versions(
    everyone: Cells, layout: Layout, candidate: str | None, champion: str | None
) -> tuple[str, str]:
    began: dict[str, datetime] = {}
    for key in everyone:
        began[key.version] = min(key.bucket, began.get(key.version, key.bucket))
    for version in (candidate, champion):
        if version is not None and version not in began:
            raise BadInput(
                f"version {version!r} decided nothing",
                where="canary",
                do=f"seen were {', '.join(sorted(began)) or 'none'}; look back further with since",
            )
    if len(began) < 2:
        raise BadInput(
            "there are no two versions to compare",
            where="canary",
            do="send each decision's version; both must have served",
        )
    new = candidate or max((v for v in began if v != champion), key=lambda v: (began[v], v))
    beside = {key.bucket for key in everyone if key.version == new}
    decided = Counter[str]()
    for key, counts in everyone.items():
        if key.version != new:
            decided[key.version] += layout.one(counts, "n") if key.bucket in beside else 0
    return new, champion or max(decided, key=lambda v: (decided[v], v))

"""A candidate beside the champion: promote, hold or abort, from the profiles of both versions."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from tocsin.contain.canary import Answer as Known
from tocsin.contain.canary import Call
from tocsin.store import trials
from tocsin.web.fields import Answer, Conditions, Instant, Number, SpanAnswer
from tocsin.web.site import SiteDep

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
        told = trials.judged(conn, name, candidate, champion, since=since, now=site.clock())
    return CanaryAnswer(
        system=name,
        candidate=told.candidate,
        champion=told.champion,
        span=SpanAnswer.model_validate(told.span) if told.span else None,
        call=told.call,
        why=told.why,
        compared=[ComparedAnswer.model_validate(one) for one in told.compared],
    )

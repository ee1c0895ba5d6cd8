"""Objectives (SLOs): is a promise being broken, how fast, and how much of the error budget is left.

    fast_burn     the worst of the pairs that page      value: burn rate of the long window
    slow_burn     the worst of the pairs that are tickets
    budget_left   1 - bad events / budget over the period; an alarm where it is surely spent

See `burn` for what fires.  Where an indicator needs outcomes, pairs are asked twice: of the
decisions of the time when their outcomes are as complete as they get, and of the outcomes that came
in of late, whenever their decisions were made; so neither late outcomes nor a stop of them hides a
fire.  A pair is asked only once there is a whole long window of history.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from tocsin.base.phrases import count, number, percent
from tocsin.base.slices import parse
from tocsin.base.spans import Span, describe
from tocsin.detect.burn import Burnt, Pair, Tally, burnt, pairs, proof
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.tails import Numbers
from tocsin.ingest.slo import Slo

FAST, SLOW, LEFT = "fast_burn", "slow_burn", "budget_left"
_MEASURE = {Level.PAGE: FAST, Level.TICKET: SLOW}


@dataclass(frozen=True, eq=False)
class Course:
    """Events by bucket, in order of time, arrays of shape (T,): starts in s, bad events, all."""

    start_s: Numbers
    bad: Numbers
    n: Numbers

    def between(self, start_s: float, end_s: float) -> Tally:
        """Return the events of the buckets that start from `start_s` up to `end_s`."""
        first, end = np.searchsorted(self.start_s, [start_s, end_s]).tolist()
        return Tally(float(self.bad[first:end].sum()), float(self.n[first:end].sum()))


@dataclass(frozen=True, eq=False)
class Objective:
    """One SLO and its events, up to `end`.

    `begun` is when the first event was known.  `arrived` are the events that became known in the
    last so many seconds before `now`; a window that reaches back beyond what is kept is absent.
    """

    slo: Slo
    bucket_s: int
    begun: datetime
    end: datetime
    now: datetime
    course: Course
    arrived: Mapping[int, Tally]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs of windows that are asked."""
        return pairs(self.slo.period_s, self.slo.target, self.bucket_s)

    def over(self, length_s: int) -> Tally:
        """Return the events of the last `length_s` seconds."""
        end_s = self.end.timestamp()
        return self.course.between(end_s - length_s, end_s)


def questions(slo: Slo) -> tuple[int, int]:
    """Return how many questions that could page one look asks of `slo`, and how many tickets."""
    times = 2 if slo.needs_outcomes else 1
    return 2 * times, 2 * times + 1


def findings(objective: Objective, page_alpha: float, ticket_alpha: float) -> list[Finding]:
    """Return what one look says of an objective.

    Args:
        objective: its events.
        page_alpha: chance of an alarm of one question that pages, while the objective is met.
        ticket_alpha: the same of one that is a ticket.
    """
    return [
        _burning(objective, Level.PAGE, page_alpha),
        _burning(objective, Level.TICKET, ticket_alpha),
        _left(objective, ticket_alpha),
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one pair shows of one time: of events as they happened, or as they became known."""

    burnt: Burnt
    end: datetime
    arrived: bool


def _burning(objective: Objective, level: Level, alpha: float) -> Finding:
    asked = [
        one
        for pair in objective.pairs
        if pair.level is level
        for one in _ask(objective, pair, alpha)
    ]
    if not asked:
        longest = min(p.long_s for p in objective.pairs if p.level is level)
        return _unsaid(objective, _MEASURE[level], objective.over(longest), longest)
    worst = max(asked, key=lambda one: one.burnt.severity)
    said, slo = worst.burnt, objective.slo
    return Finding(
        layer=Layer.SLO,
        measure=_MEASURE[level],
        column=slo.name,
        slice=parse(slo.slice),
        value=said.long,
        baseline=1.0,
        effect=said.long,
        interval=said.interval,
        threshold=said.pair.rate,
        n=said.n,
        n_baseline=int(objective.over(slo.period_s).n),
        verdict=Verdict.ALARM if said.fires else Verdict.OK,
        level=Level.TICKET if said.fires else Level.INFO,
        why=_why(objective, worst),
        evidence=said.evidence,
        window=Span(worst.end - timedelta(seconds=said.pair.long_s), worst.end),
        method="arrivals" if worst.arrived else "burn",
        alpha=alpha,
    )


def _ask(objective: Objective, pair: Pair, alpha: float) -> Iterator[_Asked]:
    """Yield what `pair` shows, of each time for which there is history and events enough."""
    slo = objective.slo
    if objective.end - timedelta(seconds=pair.long_s) >= objective.begun:
        long, short = objective.over(pair.long_s), objective.over(pair.short_s)
        if long.n >= slo.fewest and short.n > 0:
            yield _Asked(burnt(pair, long, short, slo.budget, alpha), objective.end, arrived=False)
    if {pair.long_s, pair.short_s} <= set(objective.arrived):
        long, short = (objective.arrived[length] for length in (pair.long_s, pair.short_s))
        if long.n >= slo.fewest and short.n > 0:
            yield _Asked(burnt(pair, long, short, slo.budget, alpha), objective.now, arrived=True)


def _why(objective: Objective, asked: _Asked) -> str:
    slo, said = objective.slo, asked.burnt
    window = describe(timedelta(seconds=said.pair.long_s))
    whom = f" for {parse(slo.slice).label}" if slo.slice else ""
    came = "outcomes that came in" if asked.arrived else "events"
    bad = said.long * slo.budget
    text = f"{slo.name}{whom}: {percent(bad)} of {said.n:,} {came} within {window} were bad"
    text += f", {percent(slo.budget)} may be"
    if said.long <= 1:
        return f"{text}; the budget lasts."
    gone = describe(timedelta(seconds=round(slo.period_s / said.long)))
    pace = f"; that is {number(said.long)} times too fast and uses the whole budget up in {gone}"
    if said.fires:
        return f"{text}{pace}."
    return f"{text}{pace}; nobody is told below {number(said.pair.rate)} times."


def _left(objective: Objective, alpha: float) -> Finding:
    """Return how much of the error budget is left over the period so far."""
    slo, period_s = objective.slo, objective.slo.period_s
    tally = objective.over(period_s)
    if tally.n < slo.fewest:
        return _unsaid(objective, LEFT, tally, period_s)
    cost, ends = proof(tally, slo.budget)
    spent = tally.share / slo.budget
    alarms = cost >= -math.log(alpha) and ends[0] > 1
    start = max(objective.begun, objective.end - timedelta(seconds=period_s))
    why = (
        f"{slo.name}: {percent(1 - tally.share)} of {count(int(tally.n), 'event')} since"
        f" {start:%d %b} were good, {percent(slo.target)} are promised; "
    )
    why += (
        f"{percent(1 - spent, 0)} of the error budget is left."
        if spent < 1
        else (f"the error budget is spent {number(spent)} times over.")
    )
    return Finding(
        layer=Layer.SLO,
        measure=LEFT,
        column=slo.name,
        slice=parse(slo.slice),
        value=1.0 - spent,
        baseline=1.0,
        effect=spent,
        interval=ends,
        threshold=1.0,
        n=int(tally.n),
        n_baseline=0,
        verdict=Verdict.ALARM if alarms else Verdict.OK,
        level=Level.TICKET if alarms else Level.INFO,
        why=why,
        evidence=cost / math.log(10),
        window=Span(start, objective.end),
        method="burn",
        alpha=alpha,
    )


def _unsaid(objective: Objective, measure: str, tally: Tally, length_s: int) -> Finding:
    """Return that an objective cannot be judged yet."""
    slo, nan = objective.slo, math.nan
    begun = objective.end - timedelta(seconds=length_s) >= objective.begun
    window = describe(timedelta(seconds=length_s))
    lacking = f"{count(int(tally.n), 'event')} within {window}, {slo.fewest} needed"
    if not begun:
        lacking = f"less than {window} of history"
    return Finding(
        layer=Layer.SLO,
        measure=measure,
        column=slo.name,
        slice=parse(slo.slice),
        value=nan,
        baseline=nan,
        effect=nan,
        interval=(nan, nan),
        threshold=1.0,
        n=int(tally.n),
        n_baseline=0,
        verdict=Verdict.INSUFFICIENT,
        level=Level.INFO,
        why=f"{slo.name} cannot be judged: {lacking}.",
        window=Span(objective.end - timedelta(seconds=length_s), objective.end),
        method="burn",
    )


def course_of(counted: Mapping[datetime, tuple[float, float]]) -> Course:
    """Return the course of events (bad, all) by the start of their bucket."""
    rows = np.array(
        [(at.timestamp(), *some) for at, some in sorted(counted.items())], np.float64
    ).reshape(-1, 3)
    return Course(rows[:, 0], rows[:, 1], rows[:, 2])

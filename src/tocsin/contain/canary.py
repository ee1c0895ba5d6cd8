"""Canary: is the candidate fit to replace the champion, for everyone and for every slice?

Both answer at the same time, bucket by bucket; what people got from the one is set beside what they
got from the other (`odds`).  Three things can be said, and at any time, as often as one likes:

    abort     harm to somebody is beyond chance, and more than is worth mentioning (`least`)
    promote   harm beyond what is borne is ruled out: `most` for everyone, `in_slice` for each slice
              that holds at least `share` of the candidate's decisions
    hold      neither yet; what is still open is named

Error rates.  A candidate that harms nobody is ever aborted with a chance of at most `error`, over
all measures and slices together (each has its part of it).  One that does somebody more harm than
is borne is ever promoted with a chance of at most `error`: every single question must be answered,
so that the one about the harm there is would have to be answered wrongly.

Harm is told in points at the champion's own rate: see `points`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from tocsin.base.errors import BadInput
from tocsin.base.phrases import count, percent
from tocsin.base.slices import EVERYONE, Slice, parse
from tocsin.base.spans import Span, describe
from tocsin.contain import measure
from tocsin.contain.measure import Counted
from tocsin.contain.odds import Tables, odds
from tocsin.contain.points import Harm, Worse, times_needed
from tocsin.contain.verify import Rate
from tocsin.ingest.system import Kind
from tocsin.ingest.trial import Trial
from tocsin.profile.cell import CellKey, Cells
from tocsin.profile.layout import Layout


class Call(StrEnum):
    """What to do with the candidate."""

    PROMOTE = "promote"
    HOLD = "hold"
    ABORT = "abort"


class Answer(StrEnum):
    """What is known of one question."""

    HARMED = "harmed"
    OPEN = "open"
    SAFE = "safe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One measure of one slice: the candidate beside the champion."""

    measure: str
    slice: Slice
    candidate: Rate
    champion: Rate
    harm: float
    """Points of harm that are likeliest, 0-1; below 0 it is better."""
    interval: tuple[float, float]
    """Holds the harm at all looks, of this one question, at 1 - `error`."""
    surely: float
    """Harm there is at the least, at an error rate that all questions share."""
    borne: float
    must: bool
    """Whether it must be proven safe before promotion."""
    answer: Answer
    times: float | None = None
    """How many times the rows of both it takes to prove it safe, if they go on like this; None: it
    is not open, was not asked, or no number of rows is enough."""

    @property
    def text(self) -> str:
        """One sentence: what is known, of whom, by how many decisions."""
        what = f"{self.measure.replace('_', ' ')} of {self.slice.label}"
        if not self.candidate.n or not self.champion.n:
            return f"{what}: nothing to compare yet."
        low, high = self.interval
        reach = f"{_points(low)} to {_points(high)}"
        said = {
            Answer.HARMED: f"harm of at least {_points(self.surely)} points",
            Answer.SAFE: f"no more than {_points(self.borne)} points of harm",
            Answer.OPEN: f"harm of {reach} points is possible, {_points(self.borne)} are borne",
        }[self.answer]
        return (
            f"{what}: {percent(self.candidate.share)} of {self.candidate.n:,} against"
            f" {percent(self.champion.share)} of {self.champion.n:,}: {said}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """The verdict over all whole buckets that both served."""

    candidate: str
    champion: str
    span: Span | None
    """From the first to the last bucket that both served; None: there is none."""
    call: Call
    why: str
    compared: tuple[Compared, ...]
    """Harmed first, then open, then safe; within each by what is surely known."""

    @property
    def decided(self) -> tuple[Compared, ...]:
        """The comparisons that decided: what harmed, or what was open; none where all is safe.

        What is open of slices too small to need proof decides nothing.
        """
        wanted = {Call.ABORT: Answer.HARMED, Call.HOLD: Answer.OPEN}.get(self.call)
        return tuple(
            one
            for one in self.compared
            if one.answer is wanted and (one.must or wanted is Answer.HARMED)
        )


_WORSE: Mapping[Counted, Worse] = {
    measure.FAILED_CALLS: Worse.UP,
    measure.ERROR_RATE: Worse.UP,
    measure.SELECTION_RATE: Worse.BOTH,
    measure.RECALL: Worse.DOWN,
    measure.FALSE_POSITIVE_RATE: Worse.UP,
}


def questions(kind: Kind) -> dict[Counted, Worse]:
    """Return the rates on which versions of such a system are compared, and which way is harm.

    >>> [one.name for one in questions(Kind.MULTICLASS)]
    ['failed_calls', 'error_rate']
    """
    kept = {
        Kind.BINARY: tuple(_WORSE),
        Kind.MULTICLASS: (measure.FAILED_CALLS, measure.ERROR_RATE),
    }.get(kind, (measure.FAILED_CALLS,))
    return {one: _WORSE[one] for one in kept}


def judge(
    cells: Cells,
    layout: Layout,
    *,
    candidate: str,
    champion: str,
    now: datetime,
    trial: Trial | None = None,
    outcomes_after: timedelta = timedelta(0),
    within: Slice = EVERYONE,
    foresee: bool = False,
) -> Canary:
    """Return whether to promote, hold or abort.

    Args:
        cells: of either version, of any buckets and slices.
        layout: what the cells count.
        candidate: the version under trial.
        champion: the version it would replace.
        now: buckets that are not over by then are left out.
        trial: what is asked of the candidate.
        outcomes_after: age from which on the outcomes of a bucket are as complete as they get.
        within: whom the candidate may decide; others are left out of both versions.
        foresee: whether to tell of open questions how many rows would answer them.

    Raises:
        BadInput: candidate and champion are one version.
    """
    if candidate == champion:
        raise BadInput(f"{candidate} cannot be compared with itself", where="canary")
    trial = trial or Trial()
    asked = questions(layout.spec.kind)
    bucket = timedelta(seconds=layout.spec.bucket_s)
    over = {key: c for key, c in cells.items() if key.bucket + bucket <= now}
    served = [{key.bucket for key in over if key.version == v} for v in (candidate, champion)]
    shared = sorted(served[0] & served[1])
    slices = sorted(
        {key.slice for key in over if key.version == candidate and parse(key.slice).within(within)}
    )
    n = _decisions(over, layout, candidate)
    # of all slices there may be, not of those seen yet: a question's share never changes
    many = (len(layout.spec.slices) + 1) * len(asked)
    found: list[Compared] = []
    for key in slices:
        must = n[key] >= trial.share * n.get(within.key, 0)
        for counted, worse in asked.items():
            ripe = now - (outcomes_after if counted.needs_outcomes else timedelta(0))
            times = [at for at in shared if at + bucket <= ripe]
            arms = [
                [counted.rate(layout, over.get(CellKey(version, key, at))) for at in times]
                for version in (candidate, champion)
            ]
            question = _Question(counted, worse, parse(key), must, whole=key == within.key)
            found.append(_answered(question, _tables(arms), trial, many, foresee=foresee))
    span = Span(shared[0], shared[-1] + bucket) if shared else None
    if within.key in slices or span is None:
        call, why = _call(found, span, trial)
    else:
        # nothing to compare must never read as nothing to object to
        call, why = Call.HOLD, f"Decisions about {within.label} are not counted apart."
    order = list(Answer)
    found.sort(key=lambda c: (order.index(c.answer), not c.must, -c.surely, c.slice.key, c.measure))
    return Canary(
        candidate=candidate,
        champion=champion,
        span=span,
        call=call,
        why=why,
        compared=tuple(found),
    )


def _decisions(cells: Cells, layout: Layout, version: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, counts in cells.items():
        if key.version == version:
            found[key.slice] = found.get(key.slice, 0) + layout.one(counts, "n")
    return found


def _tables(arms: Sequence[Sequence[Rate]]) -> Tables:
    """Return a table for each bucket, of the candidate's rates and then the champion's."""
    columns = [np.array([(r.k, r.n) for r in arm], np.float64).reshape(-1, 2) for arm in arms]
    (k1, n1), (k0, n0) = (column.T for column in columns)
    return Tables(k1, n1, k0, n0)


@dataclass(frozen=True, slots=True)
class _Question:
    counted: Counted
    worse: Worse
    slice: Slice
    must: bool
    whole: bool
    """Whether it is about all whom the candidate may decide."""


def _answered(
    one: _Question, tables: Tables, trial: Trial, many: int, *, foresee: bool
) -> Compared:
    candidate = Rate(int(tables.k1.sum()), int(tables.n1.sum()))
    champion = Rate(int(tables.k0.sum()), int(tables.n0.sum()))
    harm = Harm(one.worse, candidate, champion, odds(tables))
    interval, surely = harm.interval(trial.error), harm.interval(trial.error / many)[0]
    borne = trial.borne(one.counted.name, by_everyone=one.whole)
    answer = Answer.OPEN
    if surely > trial.least:
        answer = Answer.HARMED
    elif interval[1] < borne:
        answer = Answer.SAFE
    wanted = foresee and one.must and answer is Answer.OPEN
    times = times_needed(harm, borne, trial.error) if wanted else None
    return Compared(
        measure=one.counted.name,
        slice=one.slice,
        candidate=candidate,
        champion=champion,
        harm=harm.likeliest,
        interval=interval,
        surely=surely,
        borne=borne,
        must=one.must,
        answer=answer,
        times=times,
    )


def _call(found: Sequence[Compared], span: Span | None, trial: Trial) -> tuple[Call, str]:
    """Return the verdict and the sentence that gives its reason."""
    if span is None:
        return Call.HOLD, "No bucket of time is over in which both versions decided."
    harmed = [one for one in found if one.answer is Answer.HARMED]
    if harmed:
        worst = max(harmed, key=lambda one: one.surely)
        rest = f" {count(len(harmed) - 1, 'more harm')} beside it." if len(harmed) > 1 else ""
        return Call.ABORT, f"{worst.text[0].upper()}{worst.text[1:]}{rest}"
    left = [one for one in found if one.must and one.answer is Answer.OPEN]
    if left:
        widest = max(left, key=lambda one: one.interval[1] - one.borne)
        return Call.HOLD, f"{count(len(left), 'question')} still open, the widest: {widest.text}"
    if span.length < trial.lasts:
        return (
            Call.HOLD,
            f"Safe so far; {describe(trial.lasts - span.length)} are still to be seen.",
        )
    return Call.PROMOTE, (
        f"More harm than {_points(trial.most)} of 100 decisions is ruled out for everyone, and than"
        f" {_points(max(trial.most, trial.in_slice))} for every slice that holds at least"
        f" {percent(trial.share)} of the candidate's."
    )


def _points(share: float) -> str:
    """Return a difference of shares as points.

    >>> _points(0.0123), _points(-0.002), _points(0.0)
    ('1.2', '-0.2', '0')
    """
    return f"{100 * share:.1f}".removesuffix(".0") if abs(share) >= 5e-4 else "0"

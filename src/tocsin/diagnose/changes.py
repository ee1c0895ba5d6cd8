"""Which recorded change did it: a small Bayesian score with four factors, each told as a sentence.

    ln w = ln prior(kind) + ln sum_t P(onset in t) lag(t - at) + ln S + ln F
    P(change | harm) = w / (sum of all w + w_unknown)

* **lag**: the density of the time from a change to its harm, averaged over the bucket t in which
  the harm began: .7 Exp(short) + .3 Exp(long), for pipelines and sources half and half.  A change
  *after* the onset keeps 1e-4, fading over `skew`: clocks differ.
* **scope** S = .02 + .98 J, where J is the Jaccard share of the people whom change and harm have in
  common.  A change recorded for everyone may have reached only some: it counts as J >= 1/5.
* **features** F = .02 + .98 m, where m is the share of the drift evidence on the inputs that the
  change names.  Where nothing drifts, or no input is named, F is a constant.
* **unknown**: the same formula for a change that nobody recorded, at any time in the period that
  was searched, with prior 0.1.

The time scales are counted in *buckets* (`Lags.of_bucket`): 2, 12 and 2 hours for hourly buckets,
as measured, and 10, 60 and 10 seconds for the five-second buckets of a drill.  The owner chose the
bucket for the speed at which the traffic can show harm at all; nothing finer can be told.

Two changes that share time and scope cannot be told apart and say so.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from tocsin.base.errors import BadInput
from tocsin.base.phrases import count, listing, percent
from tocsin.base.slices import Slice
from tocsin.base.spans import Span, describe, parse_instant
from tocsin.diagnose.suspect import Suspect, SuspectKind
from tocsin.ingest.change import Change, ChangeKind

PRIOR: Mapping[ChangeKind, float] = {
    ChangeKind.DEPLOY: 0.25,
    ChangeKind.FEATURE_PIPELINE: 0.25,
    ChangeKind.DATA_SOURCE: 0.15,
    ChangeKind.FLAG: 0.15,
    ChangeKind.THRESHOLD: 0.15,
    ChangeKind.PROMPT: 0.15,
    ChangeKind.INDEX: 0.10,
    ChangeKind.VENDOR: 0.10,
    ChangeKind.INFRASTRUCTURE: 0.10,
}
"""Relative weight of each kind before any evidence; only their ratios matter."""
_UNKNOWN_PRIOR = 0.1
_SLOW = frozenset({ChangeKind.FEATURE_PIPELINE, ChangeKind.DATA_SOURCE, ChangeKind.INDEX})
_AFTER, _LEAST = 1e-4, 0.02
_UNSAID_SCOPE, _UNSAID_FEATURES, _NO_DRIFT = 0.2, 0.3, 0.5
_TIE = 1.5


@dataclass(frozen=True, slots=True)
class Lags:
    """Mean times from a change to its harm, and how far clocks may be apart, in seconds."""

    short_s: float
    long_s: float
    skew_s: float

    @classmethod
    def of_bucket(cls, bucket_s: float) -> "Lags":
        """Return the lags for buckets of this length, see the module.

        >>> Lags.of_bucket(3600)
        Lags(short_s=7200, long_s=43200, skew_s=7200)
        """
        return cls(2 * bucket_s, 12 * bucket_s, 2 * bucket_s)


@dataclass(frozen=True, slots=True)
class Harmed:
    """What the changes are held against: when it began and for whom, and which inputs drift."""

    onset: Mapping[Span, float]
    """P(onset in bucket) by bucket; buckets without probability may be left out."""
    slice: Slice
    drifting: Mapping[str, float]
    """Drift evidence (> 0) by input, in the slice."""
    searched: Span
    """The period that changes were looked up in."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """The buckets in which the harm may have begun: seconds since the epoch, and chances."""

    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    chance: NDArray[np.float64]

    @classmethod
    def of(cls, onset: Mapping[Span, float]) -> "_Grid":
        # the rest cannot move the sum
        buckets = [(span, chance) for span, chance in onset.items() if chance > 1e-9]
        return cls(
            np.array([span.start.timestamp() for span, _ in buckets]),
            np.array([span.end.timestamp() for span, _ in buckets]),
            np.array([chance for _, chance in buckets]),
        )


def rank(
    changes: Sequence[Change],
    harmed: Harmed,
    lags: Lags,
    share: Callable[[Slice], float],
    prior: Mapping[ChangeKind, float] = PRIOR,
) -> list[Suspect]:
    """Return every change and `unknown` as suspects, the likeliest first; scores add up to one.

    Args:
        changes: recorded in the period searched.
        harmed: the harm to explain.
        lags: time scales of the kernel.
        share: the share of all people (0-1) in a slice; conjunctions may be approximated.
        prior: relative weight of each kind of change.

    Raises:
        BadInput: the onset has no bucket, or the period searched is empty.
    """
    if not harmed.onset or harmed.searched.length <= timedelta(0):
        raise BadInput("no onset or no period to search", where="diagnose.changes")
    grid = _Grid.of(harmed.onset)
    weighed = [
        (math.log(_timing(change, grid, lags)) + _ln_fit(change, harmed, share, prior), change)
        for change in changes
    ]
    unknown = (
        math.log(_UNKNOWN_PRIOR)
        - math.log(harmed.searched.length.total_seconds())
        + math.log(_floor(_UNSAID_SCOPE if harmed.slice.conditions else 1.0))
        + (math.log(_UNSAID_FEATURES) if harmed.drifting else 0.0)
    )
    top = max([unknown, *(weight for weight, _ in weighed)])
    total = math.exp(unknown - top) + math.fsum(math.exp(w - top) for w, _ in weighed)
    scored = [(math.exp(w - top) / total, change) for w, change in weighed]
    # the key breaks ties by id, so that the same records always give the same order
    scored.sort(key=lambda pair: (-pair[0], pair[1].id))
    rows: list[tuple[float, Change | None]] = [*scored, (math.exp(unknown - top) / total, None)]
    rows.sort(key=lambda pair: -pair[0])
    likeliest = max(harmed.onset.items(), key=lambda pair: pair[1])[0]
    return [
        _unknown(place, score, len(changes))
        if change is None
        else _suspect(
            place,
            score,
            change,
            likeliest,
            [
                _scope_words(change, harmed.slice),
                *_feature_words(change, harmed.drifting),
                *_tie_words(score, change, scored),
            ],
        )
        for place, (score, change) in enumerate(rows, start=1)
    ]


def jaccard(a: Slice, b: Slice, share: Callable[[Slice], float]) -> float:
    """Return the share of the people in either slice who are in both, 0-1.

    >>> half = Slice.of({"region": "north"})
    >>> jaccard(half, Slice(), lambda s: 0.5 if s.conditions else 1.0)
    0.5
    """
    if a == b:
        return 1.0
    if not a.compatible(b):
        return 0.0
    both = share(Slice.of({**a.as_dict(), **b.as_dict()}))
    either = share(a) + share(b) - both
    return min(1.0, max(0.0, both / either)) if either > 0 else 0.0


def _ln_fit(
    change: Change,
    harmed: Harmed,
    share: Callable[[Slice], float],
    prior: Mapping[ChangeKind, float],
) -> float:
    """Return ln w of one change but for its timing."""
    together = jaccard(change.scope, harmed.slice, share)
    if not change.scope.conditions:
        together = max(together, _UNSAID_SCOPE)
    return (
        math.log(prior.get(change.kind, _UNKNOWN_PRIOR))
        + math.log(_floor(together))
        + math.log(_feature_factor(change, harmed.drifting))
    )


def _timing(change: Change, grid: _Grid, lags: Lags) -> float:
    """Return the density (1/s) of the lag from `change` to the onset, averaged over buckets."""
    at_s = change.at.timestamp()
    start, end = grid.start_s - at_s, grid.end_s - at_s
    quick = 0.5 if change.kind in _SLOW else 0.7
    # of a bucket that the change falls into, one part lies before it and one after
    upto, since = np.minimum(end, 0.0), np.minimum(start, 0.0)
    density = _AFTER * (np.exp(upto / lags.skew_s) - np.exp(since / lags.skew_s))
    low, high = np.maximum(start, 0.0), np.maximum(end, 0.0)
    for part, mean_s in ((quick, lags.short_s), (1 - quick, lags.long_s)):
        density += part * (np.exp(-low / mean_s) - np.exp(-high / mean_s))
    # far from every bucket the density underflows; such a change comes last, but finite
    return max(1e-300, float((grid.chance * density / (end - start)).sum()))


def _feature_factor(change: Change, drifting: Mapping[str, float]) -> float:
    if not drifting:
        return _NO_DRIFT if change.features else 1.0
    if not change.features:
        return _UNSAID_FEATURES
    named = sum(weight for name, weight in drifting.items() if name in change.features)
    return _floor(named / sum(drifting.values()))


def _floor(match: float) -> float:
    return _LEAST + (1 - _LEAST) * match


def _tie_words(score: float, change: Change, scored: Sequence[tuple[float, Change]]) -> list[str]:
    """Return which other change cannot be told apart, and the probability of the two together."""
    if score <= 0.05:
        return []
    for other_score, other in scored:
        low, high = sorted((score, other_score))
        if other.id != change.id and low > 0.05 and high <= _TIE * low:
            both = percent(score + other_score, 0)
            return [f"it cannot be told apart from {other.title}; together {both}"]
    return []


def _suspect(
    place: int, score: float, change: Change, likeliest: Span, reasons: Sequence[str]
) -> Suspect:
    evidence = "; ".join([_timing_words(change, likeliest), *reasons])
    why = f"{_KIND_WORDS[change.kind]} at {change.at:%Y-%m-%d %H:%M:%S} UTC: {evidence}."
    return Suspect(
        rank=place,
        kind=SuspectKind.CHANGE,
        title=change.title,
        what={"id": change.id, "kind": change.kind.value, "at": change.at.isoformat()},
        score=score,
        why=why[0].upper() + why[1:],
    )


_KIND_WORDS = {kind: kind.value.replace("_", " ") for kind in ChangeKind}


def _timing_words(change: Change, likeliest: Span) -> str:
    if likeliest.holds(change.at):
        return "just when the harm began"
    gap = change.at - likeliest.start
    if gap > timedelta(0):
        return f"{describe(gap)} after the harm began, so it is hardly the cause"
    return f"{describe(gap)} before the harm began"


def _scope_words(change: Change, slice_: Slice) -> str:
    if change.scope == slice_:
        return f"it touches exactly {slice_.label}"
    if not change.scope.conditions:
        return "its scope was not said"
    if not change.scope.compatible(slice_):
        return f"it touches {change.scope.label}, nobody in {slice_.label}"
    return f"it touches {change.scope.label}"


def _feature_words(change: Change, drifting: Mapping[str, float]) -> list[str]:
    if not change.features or not drifting:
        return []
    named = sorted(set(change.features) & set(drifting), key=lambda name: -drifting[name])
    if not named:
        return [f"none of its inputs ({listing(change.features)}) changed"]
    return [f"it changes {listing(named)}, which arrives unlike before"]


def sharpened(start: datetime, bucket: timedelta, suspects: Sequence[Suspect]) -> datetime:
    """Return when to begin listing the affected: `start`, or the likely cause if shortly before.

    Counts tell the onset to a bucket; a change that is more likely than not the cause, and came
    within the bucket before, tells it to the second.
    """
    for suspect in suspects:
        if suspect.kind is SuspectKind.CHANGE and suspect.rank == 1 and suspect.score > 0.5:
            at = parse_instant(suspect.what["at"])
            return at if start - bucket <= at < start else start
    return start


def _unknown(place: int, score: float, recorded: int) -> Suspect:
    why = "No change was recorded in the period searched."
    if recorded:
        why = f"The weight left for causes outside the {count(recorded, 'recorded change')}."
    return Suspect(
        rank=place,
        kind=SuspectKind.UNKNOWN,
        title="Something that was not recorded",
        what={},
        score=score,
        why=why,
    )

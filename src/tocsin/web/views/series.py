"""Measures over time: a profile's buckets summed into equal steps, as lines with their intervals.

A step that nobody fell into has no value: it stays a gap, and a chart must not draw across it.
Intervals are Wilson's at 95 %.  The usual range of a line is where points of its ordinary size
fall 19 times in 20 when all is well, widened to the reference's own blocks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from tocsin.base.spans import Span, bucket_of
from tocsin.profile import measures
from tocsin.profile.cell import Cells, Counts
from tocsin.profile.layout import SCORE_UNITS, Layout, score_edges
from tocsin.web.views.marks import Mark

Z_95 = 1.959964
POINTS_AT_MOST = 84
CLASSES_DRAWN = 6


@dataclass(frozen=True, slots=True)
class Point:
    """One step: when it starts, how many rows it rests on, its value and interval; None: a gap."""

    at: datetime
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a panel; `mark` colours it only if it is in harm's way."""

    label: str
    points: tuple[Point, ...]
    mark: Mark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One small chart: one question.  `unit` is `share`, `count`, `amount` or, 0-1, `index`."""

    key: str
    title: str
    unit: str
    lines: tuple[Line, ...]
    usual: tuple[float, float] | None = None
    """The grey band: where points of this size lie when all is well."""
    threshold: float | None = None
    height: int = 72
    interval: bool = False
    """Whether the 95 % interval of each point is drawn: only where it would not crowd."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Something that happened at an instant, drawn across every panel."""

    at: datetime
    label: str


@dataclass(frozen=True, slots=True)
class Shade:
    """A stretch of time that is shaded."""

    span: Span
    mark: Mark = Mark.HARM


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Panels over one axis of time."""

    title: str
    span: Span
    step: timedelta
    panels: tuple[Panel, ...]
    ticks: tuple[Tick, ...] = ()
    shades: tuple[Shade, ...] = field(default=())

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(p.value is not None for q in self.panels for x in q.lines for p in x.points)


@dataclass(frozen=True, slots=True)
class Share:
    """A measure that is k of n: the places of the cell that are summed for each."""

    title: str
    yes: tuple[str, ...]
    of: tuple[str, ...]
    besides: tuple[str, ...] = ()
    """Places that tell the kind of system, where others count something else at the same ones."""

    def fits(self, layout: Layout) -> bool:
        """Return whether a system of this layout is counted so: only some have a yes."""
        return layout.places.keys() >= {*self.yes, *self.of, *self.besides}


SHARES: Mapping[str, Share] = {
    "selection_rate": Share("Selection rate", ("n_positive",), ("n_prediction",)),
    "accuracy": Share("Accuracy", ("tp", "tn"), ("tp", "fp", "tn", "fn")),
    "precision": Share("Precision", ("tp",), ("tp", "fp")),
    "recall": Share("Recall", ("tp",), ("tp", "fn")),
    "false_positive_rate": Share("False-positive rate", ("fp",), ("fp", "tn")),
    "error_rate": Share("Error rate", ("fp", "fn"), ("tp", "fp", "tn", "fn")),
    "outcome_rate": Share("Outcomes that are yes", ("tp", "fn"), ("tp", "fp", "tn", "fn")),
    "hit_rate": Share("Hit rate", ("right",), ("right", "wrong"), ("shown",)),
    "ctr": Share("Click-through rate", ("clicked",), ("shown",)),
    "empty_lists": Share("Empty lists", ("empty",), ("n_prediction",)),
    "failed_calls": Share("Failed calls", ("n_error",), ("n",)),
}
_OF_CLASSES = Share("Accuracy", ("right",), ("right", "wrong"))
DRAWN_FOR = {
    "selection_rate_gap": "selection_rate",
    "tpr_gap": "recall",
    "fpr_gap": "false_positive_rate",
    "ppv_gap": "precision",
    "accuracy_gap": "accuracy",
    "hit_rate_gap": "hit_rate",
    "recall_gap": "recall",
    "selection_rate_apart": "selection_rate",
    "accuracy_apart": "accuracy",
    "hit_rate_apart": "hit_rate",
    "ndcg": "hit_rate",
    "mrr": "hit_rate",
    "auc": "accuracy",
    "calibration": "outcome_rate",
    "estimated_accuracy": "accuracy",
    "estimated_precision": "precision",
    "estimated_recall": "recall",
    "estimated_auc": "accuracy",
    "error_share": "failed_calls",
}
"""What is drawn for a measure that is no share of one cell."""


def share_of(measure: str) -> str:
    """Return the share that is drawn for `measure`.

    >>> share_of("tpr_gap"), share_of("accuracy"), share_of("drift")
    ('recall', 'accuracy', 'selection_rate')
    """
    drawn = DRAWN_FOR.get(measure, measure)
    return drawn if drawn in SHARES else "selection_rate"


def share_in(name: str, layout: Layout) -> Share:
    """Return a share as a system of this layout has it: what comes nearest, where it has not.

    That is the hit rate of a ranking, accuracy of a choice among classes, and failed calls of a
    regression.
    """
    nearest = (SHARES[name], SHARES["hit_rate"], _OF_CLASSES, SHARES["failed_calls"])
    return next(share for share in nearest if share.fits(layout))


def step_of(length: timedelta, bucket_s: int, most: int = POINTS_AT_MOST) -> timedelta:
    """Return the step, a whole number of buckets, that cuts `length` into at most `most` points.

    >>> step_of(timedelta(days=30), 3600)
    datetime.timedelta(seconds=32400)
    """
    buckets = max(1, math.ceil(length.total_seconds() / bucket_s / most))
    return timedelta(seconds=buckets * bucket_s)


def aligned(span: Span, bucket_s: int) -> Span:
    """Return `span` with its start moved down to the border of a bucket."""
    return Span(bucket_of(span.start, bucket_s), span.end)


def steps(cells: Cells, layout: Layout, key: str, span: Span, step: timedelta) -> Counts:
    """Return the counts of slice `key` in each step of `span`, shape (steps, width)."""
    size = max(1, math.ceil(span.length / step))
    sums = np.zeros((size, layout.width), np.int64)
    for cell, counts in cells.items():
        if cell.slice == key and span.holds(cell.bucket):
            sums[int((cell.bucket - span.start) / step)] += counts
    return sums


def wilson(k: float, n: float) -> tuple[float, float]:
    """Return the 95 % interval of k of n; n > 0.

    >>> [round(end, 3) for end in wilson(5, 10)]
    [0.237, 0.763]
    """
    p, z2 = k / n, Z_95 * Z_95
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def shares(  # noqa: PLR0917 - a table and what to sum in it
    sums: Counts, layout: Layout, yes: Sequence[str], of: Sequence[str], span: Span, step: timedelta
) -> tuple[Point, ...]:
    """Return k of n in each step, with its interval."""
    k = sum((layout.get(sums, name).sum(-1) for name in yes), np.zeros(len(sums), np.int64))
    n = sum((layout.get(sums, name).sum(-1) for name in of), np.zeros(len(sums), np.int64))
    found: list[Point] = []
    for place, (k_, n_) in enumerate(zip(k.tolist(), n.tolist(), strict=True)):
        at = span.start + place * step
        low, high = wilson(k_, n_) if n_ else (None, None)
        found.append(Point(at, n_, k_ / n_ if n_ else None, low, high))
    return tuple(found)


def mix(sums: Counts, layout: Layout, span: Span, step: timedelta) -> dict[str, tuple[Point, ...]]:
    """Return the share of answers that each of the most frequent classes has in each step."""
    counts = layout.get(sums, "answers")
    n = counts.sum(-1).tolist()
    found: dict[str, tuple[Point, ...]] = {}
    for name, k in zip(layout.spec.classes[:CLASSES_DRAWN], counts.T.tolist(), strict=False):
        found[name] = tuple(
            Point(span.start + place * step, n_, k_ / n_ if n_ else None)
            for place, (k_, n_) in enumerate(zip(k, n, strict=True))
        )
    return found


def counted(sums: Counts, layout: Layout, span: Span, step: timedelta) -> tuple[Point, ...]:
    """Return how many rows each step has; none is a gap before the first and after the last."""
    n = layout.get(sums, "n").sum(-1).tolist()
    filled = [place for place, count in enumerate(n) if count]
    first, last = (filled[0], filled[-1]) if filled else (1, 0)
    return tuple(
        Point(span.start + place * step, count, float(count) if first <= place <= last else None)
        for place, count in enumerate(n)
    )


def mean_scores(sums: Counts, layout: Layout, span: Span, step: timedelta) -> tuple[Point, ...]:
    """Return the mean score of each step, to within half a bin of the score histogram."""
    edges = score_edges(layout.spec)
    middles = (edges[1:] + edges[:-1]) / 2
    hist = layout.get(sums, "score_hist")
    n = hist.sum(-1)
    found: list[Point] = []
    for place, (total, weight) in enumerate(zip(n.tolist(), hist @ middles, strict=True)):
        value = float(weight) / total if total else None
        found.append(Point(span.start + place * step, total, value))
    return tuple(found)


def ndcg(sums: Counts, layout: Layout, span: Span, step: timedelta) -> tuple[Point, ...]:
    """Return the mean NDCG of each step's lists whose outcome is known."""
    n = layout.get(sums, "right").sum(-1) + layout.get(sums, "wrong").sum(-1)
    total = layout.get(sums, "ndcg").sum(-1) / SCORE_UNITS
    return tuple(
        Point(span.start + place * step, n_, value / n_ if n_ else None)
        for place, (n_, value) in enumerate(zip(n.tolist(), total.tolist(), strict=True))
    )


def usual_range(
    blocks: Sequence[Counts], layout: Layout, share: Share, points: Sequence[Point]
) -> tuple[float, float] | None:
    """Return the grey band of a share, from the reference's blocks and the points' typical n."""
    if not blocks:
        return None
    k = [float(sum(layout.get(b, name).sum() for name in share.yes)) for b in blocks]
    n = [float(sum(layout.get(b, name).sum() for name in share.of)) for b in blocks]
    sizes = sorted(point.n for point in points if point.n)
    if not sizes or sum(n) == 0:
        return None
    typical = sizes[len(sizes) // 2]
    rate = sum(k) / sum(n)
    half = Z_95 * math.sqrt(max(rate * (1 - rate), 0.0) / typical)
    seen = [measures.share(a, b) for a, b in zip(k, n, strict=True) if b >= typical]
    low, high = min([rate - half, *seen]), max([rate + half, *seen])
    return max(0.0, low), min(1.0, high)


def share_panel(
    name: str,
    sums: Counts,
    layout: Layout,
    span: Span,
    step: timedelta,
    *,
    blocks: Sequence[Counts] = (),
    label: str = "",
    mark: Mark | None = None,
    threshold: float | None = None,
    height: int = 72,
    interval: bool = False,
) -> Panel:
    """Return the panel of one share of one slice; see `share_in` where there is no such share."""
    share = share_in(name, layout)
    points = shares(sums, layout, share.yes, share.of, span, step)
    return Panel(
        key=name,
        title=share.title,
        unit="share",
        lines=(Line(label=label, points=points, mark=mark),),
        usual=usual_range(blocks, layout, share, points),
        threshold=threshold,
        height=height,
        interval=interval,
    )

"""Outcomes: what the decisions of one batch, and what came of them, add to each leaf."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.ingest.arrays import dense
from tocsin.ingest.system import Kind
from tocsin.profile import lists, loops
from tocsin.profile.cell import Counts
from tocsin.profile.columns import Batch, Codes
from tocsin.profile.features import Numbers
from tocsin.profile.groups import Groups
from tocsin.profile.layout import (
    AGE_BINS,
    CAPACITY_BINS,
    DECIDERS,
    LATENCY_BINS,
    SCORE_UNITS,
    Layout,
    score_edges,
)
from tocsin.profile.spec import (
    CAPACITY_EDGES,
    LABEL_AGE_EDGES_S,
    LATENCY_EDGES_MS,
    SCORE_BINS,
    NumericBins,
)
from tocsin.profile.views import View

_TIMED_OUT = "time.?d?[ _-]?out|deadline|^(408|504)$"
"""What the type of an error says where a call took too long."""


def count(batch: Batch, groups: Groups, layout: Layout) -> Counts:
    """Return what the predictions of a batch, and their labels, add; shape (G, outcomes)."""
    counts = _zeros(groups, layout)
    if "latency_ms" in batch:
        codes = _between(batch.floats("latency_ms"), LATENCY_EDGES_MS)
        _put(counts, layout, "latency_hist", _histogram(groups, codes, LATENCY_BINS))
    if layout.spec.capacity and "capacity_used" in batch:
        codes = _between(batch.floats("capacity_used"), CAPACITY_EDGES)
        _put(counts, layout, "capacity_hist", _histogram(groups, codes, CAPACITY_BINS))
    if layout.spec.timeouts and "error" in batch:
        _put(counts, layout, "n_timeout", _histogram(groups, _timed_out(batch), 1))
    match layout.spec.kind:
        case Kind.REGRESSION:
            _estimates(batch, groups, layout, counts)
            _errors(batch, groups, layout, counts)
        case Kind.MULTICLASS:
            _choices(batch, groups, layout, counts)
            _truths(batch, groups, layout, counts)
        case Kind.RANKING:
            _lists(batch, groups, layout, counts)
            _clicks(batch, groups, layout, counts)
        case Kind.BINARY:
            _decisions(batch, groups, layout, counts, counted=True)
    return counts


def count_labels(batch: Batch, groups: Groups, layout: Layout) -> Counts:
    """Return what the labels alone add; shape (G, outcomes)."""
    counts = _zeros(groups, layout)
    match layout.spec.kind:
        case Kind.REGRESSION:
            _errors(batch, groups, layout, counts)
        case Kind.MULTICLASS:
            _truths(batch, groups, layout, counts)
        case Kind.RANKING:
            _clicks(batch, groups, layout, counts)
        case Kind.BINARY:
            _decisions(batch, groups, layout, counts, counted=False)
    return counts


def _between(values: NDArray[np.float64], edges: tuple[float, ...]) -> Codes:
    """Return the bin of each value, by inner edges that belong to the bin above; -1: missing."""
    place = np.searchsorted(np.array(edges), values, side="right")
    return np.where(np.isnan(values), -1, place)


def _timed_out(batch: Batch) -> Codes:
    """Return 0 for each row whose call took too long, by the name of its error, else -1."""
    words, of_row = batch.words("error")
    texts: Any = words.texts
    late: Codes = np.asarray(pc.match_substring_regex(texts, _TIMED_OUT, ignore_case=True), np.intp)
    return np.append(late - 1, [-1, -1]).take(of_row)


def _zeros(groups: Groups, layout: Layout) -> Counts:
    return np.zeros((len(groups.sizes), layout.outcomes), np.int64)


def _decisions(
    batch: Batch, groups: Groups, layout: Layout, counts: Counts, *, counted: bool
) -> None:
    """Count binary decisions; unless `counted`, their labels alone."""
    spec, labelled = layout.spec, "label" in batch
    facts = np.full(batch.n, loops.COUNTED if counted else 0, np.uint8)
    for fact, flags in (
        (loops.FAILED, batch.present("error")),
        (loops.ANSWERED, batch.present("prediction")),
        (loops.YES, batch.equals("prediction", spec.positive)),
        (loops.LABELLED, batch.present("label")),
        (loops.TRUE, batch.equals("label", spec.positive)),
    ):
        facts += flags * np.uint8(fact)
    loops.count_decisions(
        facts,
        _deciders(batch),
        batch.floats("score"),
        score_edges(spec),
        _ages(batch) if labelled else np.full(batch.n, -1, np.int8),
        groups.group,
        np.array([layout.places[name].start for name in loops.PLACES]),
        counts,
    )


def _choices(batch: Batch, groups: Groups, layout: Layout, counts: Counts) -> None:
    """Count answers that choose among classes, and the confidence in them."""
    size = len(layout.spec.classes) + 1
    _answered(batch, groups, layout, counts, batch.present("prediction"))
    _put(counts, layout, "answers", _histogram(groups, _classes(batch, "prediction", layout), size))
    scores = batch.floats("score")
    _put(counts, layout, "score_hist", _histogram(groups, _bins(layout, scores), SCORE_BINS))
    whole = np.rint(np.nan_to_num(scores) * SCORE_UNITS)
    _put(counts, layout, "score_sum", _sums(groups, whole))


def _truths(batch: Batch, groups: Groups, layout: Layout, counts: Counts) -> None:
    """Count the true classes, beside those that were answered."""
    if "label" not in batch:
        return
    size = len(layout.spec.classes) + 1
    truth, answer = (_classes(batch, name, layout) for name in ("label", "prediction"))
    labelled, known = truth >= 0, (truth >= 0) & (answer >= 0)
    right = known & (truth == answer)
    rare = np.flatnonzero(right & (truth == size - 1))
    right[rare] = _same(batch, rare)
    _put(counts, layout, "n_labelled", _histogram(groups, np.where(labelled, 0, -1), 1))
    ages = np.where(labelled, _ages(batch), -1)
    _put(counts, layout, "label_age", _histogram(groups, ages, AGE_BINS))
    _put(counts, layout, "truths", _histogram(groups, truth, size))
    crossed = np.where(known, answer * size + truth, -1)
    _put(counts, layout, "confusion", _histogram(groups, crossed, size * size))
    scored = _bins(layout, batch.floats("score"))
    for name, those in (("right", right), ("wrong", known & ~right)):
        _put(counts, layout, name, _histogram(groups, np.where(those, 0, -1), 1))
        hist = _histogram(groups, np.where(those, scored, -1), SCORE_BINS)
        _put(counts, layout, f"{name}_hist", hist)


def _classes(batch: Batch, name: str, layout: Layout) -> Codes:
    """Return each row's class by its place, the last for any other; -1 where there is none."""
    known = layout.spec.classes
    place = batch.places(name, known)
    return np.where(place > len(known), -1, place)


def _same(batch: Batch, rows: Codes) -> NDArray[np.bool_]:
    """Return which of some rows were answered with their true class, by name."""
    index = pa.array(rows)
    names = (batch.column(name).take(index) for name in ("prediction", "label"))
    return dense(pc.equal(*(some.cast(pa.string()) for some in names))).astype(np.bool_)


def _bins(layout: Layout, scores: NDArray[np.float64]) -> Codes:
    """Return the bin of each score; -1 where there is none."""
    edges, known = score_edges(layout.spec), np.nan_to_num(scores)
    place = np.minimum((known * SCORE_BINS).astype(np.intp), SCORE_BINS - 1)
    # borders are hundredths but for one: the bin is next to the hundredth
    place -= known < edges[place]
    place += known >= edges[place + 1]
    return np.where(np.isnan(scores), -1, np.minimum(place, SCORE_BINS - 1))


def _lists(batch: Batch, groups: Groups, layout: Layout, counts: Counts) -> None:
    """Count lists by the item on top, and how many of their items are often shown."""
    size = len(layout.spec.classes)
    seen = lists.shown(batch, layout.spec.classes)
    _answered(batch, groups, layout, counts, seen.answered)
    top = np.full(batch.n, -1)
    filled = np.flatnonzero(seen.sizes)
    top[filled] = seen.place[(np.cumsum(seen.sizes) - seen.sizes)[filled]]
    _put(counts, layout, "answers", _histogram(groups, np.minimum(top, size), size + 1))
    nothing = seen.answered & (seen.sizes == 0)
    often = np.bincount(seen.row, seen.place < size, batch.n).astype(np.float64)
    items = seen.sizes.astype(np.float64)
    for name, whole in (
        ("empty", nothing.astype(np.float64)),
        ("items", items),
        ("items2", items**2),
        ("often", often),
        ("often2", often**2),
        ("often_items", often * items),
    ):
        _put(counts, layout, name, _sums(groups, whole))


def _clicks(batch: Batch, groups: Groups, layout: Layout, counts: Counts) -> None:
    """Count what was wanted of lists, and where it stood."""
    if "label" not in batch:
        return
    labelled = batch.present("label")
    _put(counts, layout, "n_labelled", _histogram(groups, np.where(labelled, 0, -1), 1))
    ages = np.where(labelled, _ages(batch), -1)
    _put(counts, layout, "label_age", _histogram(groups, ages, AGE_BINS))
    told = lists.wanted(batch, layout.spec.top)
    shown, clicked = told.sizes.astype(np.float64), told.by_place.sum(-1).astype(np.float64)
    for name, whole in (
        ("right", told.hit),
        ("wrong", told.known & ~told.hit),
        ("ndcg", lists.whole(told.ndcg)),
        ("ndcg2", lists.whole(told.ndcg**2)),
        ("rank", lists.whole(told.rank)),
        ("rank2", lists.whole(told.rank**2)),
        ("shown", shown),
        ("shown2", shown**2),
        ("clicked", clicked),
        ("clicked2", clicked**2),
        ("clicked_shown", clicked * shown),
    ):
        _put(counts, layout, name, _sums(groups, whole.astype(np.float64)))
    for name, each in (("shown_at", lists.by_place(told.sizes)), ("clicked_at", told.by_place)):
        sums = [_sums(groups, column.astype(np.float64)) for column in each.T]
        _put(counts, layout, name, np.hstack(sums))


def _estimates(batch: Batch, groups: Groups, layout: Layout, counts: Counts) -> None:
    bins = layout.spec.estimate
    assert bins is not None
    scored = batch.present("score")
    _answered(batch, groups, layout, counts, scored)
    _grid(groups, layout, counts, View("estimate", batch.floats("score"), ~scored), bins)


def _errors(batch: Batch, groups: Groups, layout: Layout, counts: Counts) -> None:
    bins = layout.spec.error
    assert bins is not None
    if "label" not in batch:
        return
    labelled = batch.present("label")
    errors = batch.numbers("label") - batch.floats("score")
    known = labelled & batch.present("score")
    _put(counts, layout, "n_labelled", _histogram(groups, np.where(labelled, 0, -1), 1))
    ages = np.where(labelled, _ages(batch), -1)
    _put(counts, layout, "label_age", _histogram(groups, ages, AGE_BINS))
    _grid(groups, layout, counts, View("error", errors, ~known), bins)
    size = np.where(known & np.isfinite(errors), np.abs(errors) / bins.unit, 0.0)
    whole = np.rint(np.minimum(size, loops.FARTHEST))
    _put(counts, layout, "error.abs", _sums(groups, whole))


def _grid(groups: Groups, layout: Layout, counts: Counts, view: View, bins: NumericBins) -> None:
    """Count a numeric column with all its places, per group instead of per slice value."""
    apart = replace(groups, cells=groups.group[None, :])
    counted = Numbers(view, bins, apart, len(groups.sizes), None)
    _put(counts, layout, f"{view.name}.hist", counted.hist[0])
    _put(counts, layout, f"{view.name}.sum", counted.sums)


def _answered(
    batch: Batch, groups: Groups, layout: Layout, counts: Counts, answered: NDArray[np.bool_]
) -> None:
    """Count rows, by decider too, those that failed, and those with and without an answer."""
    deciders, failed = _deciders(batch), batch.present("error")
    _put(counts, layout, "n", groups.sizes[:, None])
    for name, flags in (("n_error", failed), ("n_prediction", answered)):
        _put(counts, layout, name, _histogram(groups, np.where(flags, 0, -1), 1))
    _put(counts, layout, "n_by_decider", _histogram(groups, deciders, len(DECIDERS)))
    silent = ~answered & (deciders == 0) & ~failed
    _put(counts, layout, "score_missing", _histogram(groups, np.where(silent, 0, -1), 1))


def _histogram(groups: Groups, codes: NDArray[np.integer], size: int) -> Counts:
    """Return how often each group has each code, shape (G, size); -1 is not counted."""
    flat = groups.group.astype(np.int64) * (size + 1) + (codes + 1)
    sums = np.bincount(flat, minlength=len(groups.sizes) * (size + 1))
    return sums.reshape(-1, size + 1)[:, 1:]


def _sums(groups: Groups, whole: NDArray[np.float64]) -> Counts:
    """Return each group's sum of whole numbers, shape (G, 1)."""
    sums = np.bincount(groups.group, whole, minlength=len(groups.sizes))
    return sums.astype(np.int64)[:, None]


def _put(counts: Counts, layout: Layout, name: str, sums: Counts) -> None:
    start = layout.places[name].start
    counts[:, start : start + sums.shape[1]] = sums


def _deciders(batch: Batch) -> NDArray[np.int8]:
    """Return who decided each row; nobody said so: the system did; -1 for a stranger."""
    if "decided_by" not in batch:
        return np.zeros(batch.n, np.int8)
    place = batch.places("decided_by", DECIDERS)
    place[place == len(DECIDERS) + 1] = 0
    place[place == len(DECIDERS)] = -1
    return place.astype(np.int8)


def _ages(batch: Batch) -> NDArray[np.int8]:
    """Return how late each outcome became known; -1 where that is not told."""
    if "label_at" not in batch:
        return np.full(batch.n, -1, np.int8)
    late_s = (batch.ticks("label_at") - batch.ticks("at")) // 1_000_000
    codes = np.searchsorted(np.array(LABEL_AGE_EDGES_S), late_s, side="right")
    return np.where(batch.present("label_at"), codes, -1).astype(np.int8)

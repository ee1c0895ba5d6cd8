"""Constant: an input that varied in the reference has one value now.

Per feature and slice, over its usable values: all n of them fall into one place of the cell, and
of numbers the sums say the same of each.  `VARIED` = 5 % of the reference's values must have been
others.  Had nothing changed, the chance that all n fall into any one place is

    sum over places b of p_b**n   <=   max p_b**(n - 1)

so the place that the window shows may be judged as if it had been named before, on n - 1 rows,
with the reference's own wobble charged (see `rates`).  Values without a place of their own (rare
or never seen before) are `unseen`'s and never called constant.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.base.phrases import number, percent
from tocsin.detect import intervals, tails
from tocsin.detect.dispersion import Dispersion
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import FEWEST, Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.places import at, inputs
from tocsin.detect.rates import dispersion_of
from tocsin.detect.tails import Numbers
from tocsin.profile import measures
from tocsin.profile.layout import Layout
from tocsin.profile.spec import NumericBins

VARIED = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """Where one feature's usable values are counted; `known` of the places hold one value each."""

    name: str
    places: NDArray[np.intp]
    known: int
    bins: NumericBins | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """The fullest place of each slice and column, arrays (slices, columns)."""

    k: Numbers
    n: Numbers
    place: NDArray[np.intp]
    alone: NDArray[np.bool_]
    """Where every usable value is the same."""


def constant(look: Look) -> list[Finding]:
    """Return whether each input still varies; of single slices only those that do not."""
    columns = _columns(look.layout)
    if not columns:
        return []
    seen = _seen(look.current, columns, look.layout)
    shown = seen.alone & (seen.n >= FEWEST)
    shown[0] = True
    shown &= _may_alarm(look, columns, seen) | (np.arange(len(shown)) == 0)[:, None]
    found: list[Finding] = []
    rows, places = np.nonzero(shown)
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        found += _judge(look, columns[place], seen, (row, place))
    return found


def _columns(layout: Layout) -> list[_Column]:
    """Return the columns that are watched: the first view of each numeric feature, categories."""
    numeric = {bins.name: bins for bins in layout.spec.numeric}
    categorical = {one.name: one for one in layout.spec.categorical}
    found: list[_Column] = []
    for name in inputs(layout.spec):
        if name in numeric:
            parts = (f"f_{name}.{part}" for part in ("hist", "under", "over"))
            places = np.array(at(layout, *parts), np.intp)
            found.append(_Column(name, places, len(places), numeric[name]))
        else:
            one = categorical[name]
            parts = (f"f_{name}.{part}" for part in ("counts", "other", "unseen"))
            places = np.array(at(layout, *parts), np.intp)
            found.append(_Column(name, places, len(one.values), values=one.values))
    return found


def _seen(counts: Numbers, columns: list[_Column], layout: Layout) -> _Seen:
    shape = (counts.shape[0], len(columns))
    seen = _Seen(
        np.zeros(shape), np.zeros(shape), np.zeros(shape, np.intp), np.zeros(shape, np.bool_)
    )
    for number_, column in enumerate(columns):
        some = counts[:, column.places]
        place = some.argmax(-1)
        seen.k[:, number_], seen.n[:, number_] = some.max(-1), some.sum(-1)
        seen.place[:, number_] = column.places[place]
        alone = (seen.k[:, number_] == seen.n[:, number_]) & (place < column.known)
        if column.bins is not None:
            alone &= _same(counts, seen.n[:, number_], f"f_{column.name}", layout)
        seen.alone[:, number_] = alone
    return seen


def _same(counts: Numbers, n: Numbers, name: str, layout: Layout) -> NDArray[np.bool_]:
    """Return where sums are n times one value's: then all are within a unit, see `layout`."""
    rows = np.maximum(n, 1.0)
    once, square = (counts[:, layout.places[f"{name}.{part}"].start] for part in ("sum", "sum2"))
    root = np.sqrt(square / rows)
    return (once % rows == 0) & (square % rows == 0) & (np.rint(root) ** 2 * rows == square)


def _may_alarm(look: Look, columns: list[_Column], seen: _Seen) -> NDArray[np.bool_]:
    """Return where it alarms unless wobble is charged, (slices, columns): no other place can alarm.

    Carriers that fly one route have dozens of inputs that never varied; each is asked cheaply.
    """
    usual = np.stack([look.reference[:, column.places].sum(-1) for column in columns], -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        p, q = seen.k / seen.n, np.take_along_axis(look.reference, seen.place, -1) / usual
    needed = tails.exponent(look.alphas(Layer.QUALITY).rows(look.slices) / 2, np.array(np.inf))
    cost = tails.two_samples(p, np.maximum(seen.n - 1, 0), q, usual)
    return (np.nan_to_num(p - q) > VARIED) & (cost >= needed)


def _judge(look: Look, column: _Column, seen: _Seen, entry: tuple[int, int]) -> list[Finding]:
    row, place = entry[0], int(seen.place[entry])
    total = look.reference[row]
    usual = total[column.places].sum()
    subject = Subject(Layer.QUALITY, "constant", column.name, look.slices[row])
    n, n_usual = float(seen.n[entry]), float(usual)
    if n_usual == 0:
        return []
    if min(n, n_usual) < FEWEST:
        lack = Lack(n, n_usual, VARIED, of="usable values")
        return [insufficient(look, subject, lack)] if row == 0 else []
    p, q = float(seen.k[entry]) / n, float(total[place]) / n_usual
    if not seen.alone[entry]:
        why = f"{column.name} varies for {subject.slice.label}; n {int(n):,}."
        quiet = Judged(p, q, 0.0, (0.0, 0.0), VARIED, int(n), int(n_usual), 0.0)
        return [finding(look, subject, quiet, why)]

    # beside everyone, who shares the hours of its rows: the larger of the two wobbles is charged
    whom = [0, row] if row else [0]

    def told(counts: Numbers) -> Dispersion:
        k, of = counts[:, whom, place], counts[:, whom][..., column.places].sum(-1)
        return dispersion_of(look, k[:, :, None], of[:, :, None])

    both = look.baseline.wobble(look.layout.spec, told)
    rows = np.full((1, 1), n - 1)
    spread = both.one(int(both.phi(rows, look.blocks_long)[:, 0].argmax()), 0)
    phi = spread.phi(rows, look.blocks_long)
    dof, alpha = spread.tail_dof(phi), look.alphas(Layer.QUALITY).of(subject.slice)
    ours, theirs = np.full((1, 1), p), np.full((1, 1), q)
    sizes = rows / phi, n_usual / spread.phi_block
    needed = tails.exponent(alpha / 2, dof)
    limits = tails.limits_of_both((ours, sizes[0]), (theirs, sizes[1]), needed)
    low, high = intervals.difference(ours, limits[0], theirs, limits[1])
    cost = tails.two_samples(ours, sizes[0], theirs, sizes[1])
    evidence = max(0.0, float(tails.evidence(cost, dof)[0, 0]) - math.log10(2))
    sure = bool(cost[0, 0] >= needed[0, 0])
    ends = (float(low[0, 0]) if sure else min(float(low[0, 0]), VARIED), float(high[0, 0]))
    judged = Judged(p, q, p - q, ends, VARIED, int(n), int(n_usual), evidence)
    why = (
        f"{column.name} has one value, {_value(look, column, row, place)}, in all {int(n):,}"
        f" decisions for {subject.slice.label} (was {percent(q)} of them)."
    )
    return [finding(look, subject, judged, why)]


def _value(look: Look, column: _Column, row: int, place: int) -> str:
    if column.bins is None:
        return repr(column.values[int(np.flatnonzero(column.places == place)[0])])
    cell = look.current[row].astype(np.int64)
    return number(measures.mean(look.layout, cell, column.bins))

"""Rates: every monitor that is k of n, judged against the reference's k of n, all slices at once.

An alarm needs two things: the effect is beyond chance, at the error rate of the look and with the
reference's own wobble charged; and it is beyond what matters: the near end of an interval of the
difference (at `look.SURELY`) lies beyond the smallest effect of interest, and beyond what is
allowed where somebody allows a share.
Over-dispersion divides counts: k of n rows that wobble by phi weigh like k/phi of n/phi.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tocsin.base.phrases import percent
from tocsin.base.slices import Slice
from tocsin.detect import intervals, tails
from tocsin.detect.dispersion import FEWEST_EVENTS, Dispersion, dispersion, only_chance
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import FEWEST, Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.tails import Numbers


class Watch(IntEnum):
    """Which way a change must go to be a fault."""

    UP = 1
    DOWN = -1
    BOTH = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One share and how it is watched.

    `yes` and `of` are places in the cell whose sums are k and n.  `least` is the smallest effect
    of interest, a difference of shares.  `said` is the sentence, with `{value}` where the share
    goes.  `everywhere`: report it for every slice, not only where it alarms.
    """

    layer: Layer
    measure: str
    column: str | None = None
    yes: tuple[int, ...]
    of: tuple[int, ...]
    watch: Watch
    least: float
    said: str
    everywhere: bool = False
    allowed: float = 0.0
    """A share that is no fault, whatever the reference's; of a rate that is watched upward."""

    def matters(self, usual: float) -> float:
        """Return the effect beyond which it is a fault where the share is usually `usual`."""
        return max(self.least, self.allowed - usual)


@dataclass(frozen=True, slots=True)
class Usual:
    """What the baseline tells of a list of rates, arrays (slices, rates)."""

    k: Numbers
    n: Numbers
    dispersion: Dispersion


@dataclass(frozen=True, slots=True)
class _Table:
    """All numbers of one look at a list of rates, arrays (slices, rates)."""

    k: Numbers
    n: Numbers
    usual: Usual
    phi: Numbers
    sign: Numbers
    """The direction in which each is judged: 1 up, -1 down."""
    cost: Numbers
    needed: Numbers
    """What rules out chance."""
    sure: Numbers
    """What the interval's limits cost."""
    evidence: Numbers
    effect: Numbers
    """The difference of shares in the direction judged; NaN where there are no rows."""
    least: Numbers
    """The effect that matters."""

    @property
    def enough(self) -> NDArray[np.bool_]:
        """Where window and reference hold rows enough to judge."""
        return (self.n >= FEWEST) & (self.usual.n >= FEWEST)


def judge(look: Look, rates: Sequence[Rate], name: str) -> list[Finding]:
    """Return the findings of `rates` for every slice.

    A rate that the reference cannot show (n of 0 there) is left out.  Quiet rates of single slices
    are left out too unless they are to be reported `everywhere`.

    Args:
        look: the window, its baseline and the error rates.
        rates: what to judge, all of one layer; the same list for every window of one system.
        name: names the list, so that what the baseline tells of it is derived once.
    """
    if not rates:
        return []
    table = _table(look, rates, name)
    suspicious = table.enough & (table.cost >= table.needed)
    suspicious &= np.nan_to_num(table.effect) > table.least
    shown = suspicious | ((table.n > 0) & np.array([rate.everywhere for rate in rates]))
    shown[0] = True
    rows, columns = np.nonzero(shown & (table.usual.n > 0))
    low, high = _limits(table, (rows, columns))
    found: list[Finding] = []
    for place, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        rate = rates[column]
        subject = Subject(rate.layer, rate.measure, rate.column, look.slices[row])
        n, n_usual = float(table.n[row, column]), float(table.usual.n[row, column])
        if min(n, n_usual) < FEWEST:
            found.append(
                insufficient(look, subject, Lack(n, n_usual, float(table.least[row, column])))
            )
            continue
        sign = float(table.sign[row, column])
        ends = (sign * float(low[place]), sign * float(high[place]))
        judged = Judged(
            value=float(table.k[row, column]) / n,
            baseline=float(table.usual.k[row, column]) / n_usual,
            effect=float(table.effect[row, column]),
            interval=(min(ends), max(ends)),
            threshold=float(table.least[row, column]),
            n=int(n),
            n_baseline=int(n_usual),
            evidence=float(table.evidence[row, column]),
            proven=bool(table.cost[row, column] >= table.needed[row, column]),
        )
        found.append(finding(look, subject, judged, _why(rate, subject.slice, judged)))
    return found


def _table(look: Look, rates: Sequence[Rate], name: str) -> _Table:
    known = usual(look, rates, name)
    k, n = sums(look.current, [r.yes for r in rates]), sums(look.current, [r.of for r in rates])
    p, q = share(k, n), share(known.k, known.n)
    phi = known.dispersion.phi(n, look.blocks_long)
    dof = known.dispersion.tail_dof(phi)
    watch = np.array([float(rate.watch) for rate in rates])
    cost = tails.two_samples(p, n / phi, q, known.n / known.dispersion.phi_block)
    alpha = look.alphas(rates[0].layer).rows(look.slices)
    sign = np.where(watch == 0, np.where(np.nan_to_num(p - q) < 0, -1.0, 1.0), watch)
    return _Table(
        k=k,
        n=n,
        usual=known,
        phi=phi,
        sign=sign,
        cost=cost,
        needed=tails.exponent(alpha / 2, dof),
        sure=look.surely(rates[0].layer, alpha, dof),
        evidence=np.maximum(tails.evidence(cost, dof) - math.log10(2), 0.0),
        effect=sign * (p - q),
        least=np.maximum(
            [rate.least for rate in rates],
            np.array([rate.allowed for rate in rates]) - np.nan_to_num(q),
        ),
    )


def usual(look: Look, rates: Sequence[Rate], name: str) -> Usual:
    """Return what the baseline tells of a list of rates, worked out once per `name`."""

    def work_out() -> Usual:
        yes, of = [rate.yes for rate in rates], [rate.of for rate in rates]

        def told(counts: Numbers) -> Dispersion:
            return dispersion_of(look, sums(counts, yes), sums(counts, of))

        k, n = sums(look.reference, yes), sums(look.reference, of)
        return Usual(k, n, look.baseline.wobble(look.layout.spec, told))

    return look.baseline.derived(f"rates {name}", work_out)


def sums(counts: Numbers, places: Sequence[tuple[int, ...]]) -> Numbers:
    """Return for each tuple of places the sum over them, on a new last axis."""
    return np.stack([counts[..., list(some)].sum(-1) for some in places], axis=-1)


def share(k: Numbers, n: Numbers) -> Numbers:
    """Return k / n, NaN where n is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return k / n


def _limits(
    table: _Table, at: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> tuple[Numbers, Numbers]:
    """Return the limits of the difference of shares, for the chosen entries."""
    p = np.nan_to_num(share(table.k, table.n)[at])
    q = np.nan_to_num(share(table.usual.k, table.usual.n)[at])
    size = (table.n / table.phi)[at]
    size_usual = (table.usual.n / table.usual.dispersion.phi_block)[at]
    ours, theirs = tails.limits_of_both((p, size), (q, size_usual), table.sure[at])
    return intervals.difference(p, ours, q, theirs)


def dispersion_of(
    look: Look, k: Numbers, n: Numbers, kind: NDArray[np.intp] | None = None
) -> Dispersion:
    """Return the dispersion of shares k / n from their blocks, shape (D, slices, measures).

    Args:
        look: tells whether blocks are stretches of time.
        k: events.
        n: rows.
        kind: of each measure, as for `dispersion`.
    """
    if not look.baseline.timed:
        return only_chance(k.shape[1:])
    residual, told = residuals(k, n)
    return dispersion(residual, n, told=told, kind=kind)


def residuals(k: Numbers, n: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return each block's standardised residual from the whole's share, (D, slices, measures).

    And which (slices, measures) have events enough for residuals to tell of dispersion.
    """
    n_all = n.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = k.sum(0) / n_all
        residual = (k - n * share) / np.sqrt(n * share * (1 - share))
        events = n_all / len(n) * np.minimum(share, 1 - share)
    return residual, np.asarray(np.nan_to_num(events) >= FEWEST_EVENTS)


def _why(rate: Rate, slice_: Slice, judged: Judged) -> str:
    said = rate.said.format(value=percent(judged.value))
    text = f"{said} for {slice_.label} (was {percent(judged.baseline)}); n {judged.n:,}"
    if judged.proven and not judged.alarms and judged.effect > 0:
        text += f"; beyond chance, but not surely by the {percent(judged.threshold)} that matter"
    return text + "."

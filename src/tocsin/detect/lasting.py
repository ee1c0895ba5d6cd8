"""Lasting: rates that are worse window after window, where no single window is proof enough.

A Shiryaev-Roberts e-detector per slice, rate and direction (`gather`), over the windows side by
side that end with the present one:

    L = [ (q/p)**k ((1-q)/(1-p))**(n-k) ] ** (1/phi)     odds(q) = th · odds(p), th in ODDS

p is the reference's rate, moved by two standard errors and by the rate's smallest effect of
interest; phi the wobble of a window (see `dispersion`).  While the true rate is within p, windows
that succeed one another raise at most one false alarm in A of them on average.  Looks once a bucket
are as many such successions as a window has buckets, each stepping once a window: A = 2 / alpha
(two directions) keeps the error rate of the budget over all looks.

Where the present window surely excludes the smallest effect of interest, the fault is over and
nothing is said, whatever was gathered.  Windows whose outcomes are not as complete as the
reference's are left out of what needs outcomes: early outcomes are others than late ones.
Refuses: evidence that is stored.  It is worked out anew from kept counts at each look, so late rows
are in it and a finding can be computed again.
Source: Shin, Ramdas & Rinaldo (2024), NEJSDS (e-detectors).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tocsin.base.phrases import count, percent
from tocsin.base.spans import Span
from tocsin.detect import health, outcomes, performance, quality, tails
from tocsin.detect.baseline import stacked
from tocsin.detect.budget import Asked
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.gather import ODDS, gather
from tocsin.detect.look import FEWEST, Judged, Look, Subject, finding
from tocsin.detect.maturity import MATURE, RESTING
from tocsin.detect.rates import Rate, Usual, share, sums, usual
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import Kind
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window

WINDOWS = 90
"""Windows that evidence is gathered over, at most; their counts keep their epochs so long."""
FEWEST_WINDOWS = 3
VOLUMES = 12
"""Earlier windows that tell the usual volume, at most."""
SURE = 2.0
"""What the reference's limits cost, in nats: about two standard errors."""
METHOD = "lasting"


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Windows side by side, oldest first; the last one is the present.

    `k` and `n` are events and rows by family of rates, arrays (T, slices, rates).  `everyone` are
    the newest earlier windows of everyone alone.
    """

    spans: tuple[Span, ...]
    k: dict[str, Numbers]
    n: dict[str, Numbers]
    known: Numbers
    """Share of outcomes that are known, against the reference's share, (T,); NaN: nobody."""
    everyone: tuple[Window, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Bets:
    """What one family of rates is watched for, arrays (M,): which slice, rate and direction."""

    row: NDArray[np.intp]
    rate: NDArray[np.intp]
    sign: Numbers
    border: Numbers
    """The worst rate that is no fault."""
    usual: Numbers
    k: Numbers
    """Events by window, (T, M), and rows, and how much these wobble."""
    n: Numbers
    phi: Numbers
    dof: Numbers

    def steps(self) -> Iterator[Numbers]:
        """Yield ln L of each window, (M, bets); NaN without a row."""
        p = self.border[:, None]
        q = special.expit(special.logit(p) + self.sign[:, None] * ODDS)
        yes, no = np.log(q / p), np.log((1 - q) / (1 - p))
        for k, n, phi in zip(self.k, self.n, self.phi, strict=True):
            told = (k[:, None] * yes + (n - k)[:, None] * no) / phi[:, None]
            yield np.where(n[:, None] > 0, told, np.nan)


def families(look: Look) -> dict[str, list[Rate]]:
    """Return the rates that are watched, by the name under which the baseline knows them."""
    layout = look.layout
    found = {"health": health.rates(look), "quality": quality.rates(layout)}
    found |= performance.families(layout)
    if layout.spec.kind is Kind.BINARY:
        found |= {"outcome rate": [outcomes.rate(layout)]}
    return {name: rates for name, rates in found.items() if rates}


def monitors(spec: Spec) -> tuple[Asked, Asked]:
    """Return how many questions of harm, and of others, one look asks."""
    layout, slices = layout_of(spec), len(spec.slices)
    harm = 2 + spec.timeouts + spec.capacity  # failed, slow
    harm += sum(map(len, performance.families(layout).values()))
    other = len(quality.rates(layout))
    other += spec.kind is Kind.BINARY  # outcomes: their share of yes
    return Asked.of_each(harm, slices), Asked.of_each(other, slices)


def past(look: Look, history: Iterable[Window]) -> Past:
    """Return the windows that evidence is gathered over.

    Args:
        look: the present window.
        history: whole windows before it, side by side, newest first; read once, one at a time.
    """
    lists = families(look)
    at, known_at = (look.layout.places[name].start for name in ("n", "n_labelled"))
    spans, everyone, known = [look.window.span], list[Window](), list[float]()
    k: dict[str, list[Numbers]] = {name: [] for name in lists}
    n: dict[str, list[Numbers]] = {name: [] for name in lists}

    def add(counts: Numbers) -> None:
        for name, rates in lists.items():
            k[name].append(sums(counts, [rate.yes for rate in rates]))
            n[name].append(sums(counts, [rate.of for rate in rates]))
        known.append(float(counts[0, known_at] / counts[0, at]) if counts[0, at] else np.nan)

    add(look.current)
    for window in history:
        if len(spans) == WINDOWS:
            break
        spans.append(window.span)
        add(stacked(window, look.layout.spec))
        if len(everyone) < VOLUMES:
            everyone.append(
                Window(window.span, {k_: c for k_, c in window.cells.items() if not k_})
            )
    usual_share = look.reference[0, known_at] / max(look.reference[0, at], 1.0)
    return Past(
        tuple(reversed(spans)),
        {name: np.stack(some[::-1]) for name, some in k.items()},
        {name: np.stack(some[::-1]) for name, some in n.items()},
        np.array(known[::-1]) / max(usual_share, 1e-9),
        tuple(everyone),
    )


def lasting(look: Look, past: Past) -> list[Finding]:
    """Return the rates that have been worse for long enough, only those that alarm."""
    if len(past.spans) < FEWEST_WINDOWS:
        return []
    found: list[Finding] = []
    for name, rates in families(look).items():
        found += _family(look, past, name, rates)
    return found


def joined(found: Sequence[Finding], more: Sequence[Finding]) -> list[Finding]:
    """Return `found` with those of `more` in place of what the window alone does not show."""
    said = {one.key for one in found if one.verdict is Verdict.ALARM}
    new = {one.key: one for one in more if one.key not in said}
    return [one for one in found if one.key not in new] + list(new.values())


def _family(look: Look, past: Past, name: str, rates: Sequence[Rate]) -> list[Finding]:
    known = usual(look, rates, name)
    bets = _bets(look, past, name, rates, known)
    if bets is None:
        return []
    alpha = look.lasting_alphas(rates[0].layer).rows(look.slices)[bets.row, 0]
    enough = tails.exponent(alpha / 2, bets.dof)
    gathered = gather(bets.steps(), enough)
    proof = tails.evidence(np.maximum(gathered.log_e, 0.0), bets.dof)
    found: list[Finding] = []
    for place in np.flatnonzero(gathered.on).tolist():
        rate, since = rates[int(bets.rate[place])], int(gathered.since[place])
        judged = _judged(
            bets, place, since, rate.matters(float(bets.usual[place])), float(enough[place])
        )
        if judged is None:
            continue
        row = int(bets.row[place])
        judged = replace(
            judged,
            n_baseline=int(known.n[row, bets.rate[place]]),
            evidence=float(proof[place]),
        )
        found.append(_said(look, past.spans[since:], rate, row, judged))
    return found


def _bets(look: Look, past: Past, name: str, rates: Sequence[Rate], known: Usual) -> _Bets | None:
    """Return what is watched; None where the reference tells of nothing."""
    k, n = past.k[name], past.n[name]
    unripe = ~(past.known >= MATURE)[:, None, None]
    unripe = unripe & np.array([rate.measure in RESTING for rate in rates])
    k, n = np.where(unripe, 0.0, k), np.where(unripe, 0.0, n)
    phi = known.dispersion.phi_in_a_row(n, look.blocks_long)
    typical = (phi * n).sum(0) / np.maximum(n.sum(0), 1.0)
    dof = known.dispersion.tail_dof(np.maximum(typical, 1.0))
    p = np.nan_to_num(share(known.k, known.n))
    low, high = tails.limits(p, known.n / known.dispersion.phi_block, np.full_like(p, SURE))
    least = np.array([rate.least for rate in rates])
    watch = np.array([float(rate.watch) for rate in rates])
    there = (known.n >= FEWEST) & (n.sum(0) >= FEWEST)
    worst = np.maximum(high + least, [rate.allowed for rate in rates])
    up = there & (watch >= 0) & (worst < 1)
    down = there & (watch <= 0) & (low - least > 0)
    rows, places = np.concatenate([np.argwhere(up), np.argwhere(down)]).T
    if not len(rows):
        return None
    some = (rows, places)
    sign = np.repeat([1.0, -1.0], [int(up.sum()), int(down.sum())])
    border = np.where(sign > 0, worst[some], (low - least)[some])
    every = (slice(None), *some)
    return _Bets(rows, places, sign, border, p[some], k[every], n[every], phi[every], dof[some])


def _judged(bets: _Bets, place: int, since: int, least: float, enough: float) -> Judged | None:
    """Return the numbers since the fault likeliest began; None where it is over."""
    p, sign = float(bets.usual[place]), float(bets.sign[place])
    rejected = sign * (float(bets.border[place]) - p)
    k, n, phi = (some[since:, place] for some in (bets.k, bets.n, bets.phi))
    value = float(k.sum() / n.sum()) if n.sum() else p
    effect = sign * (value - p)
    if (
        n.sum() < FEWEST
        or effect <= rejected
        or _over(float(k[-1] / max(phi[-1], 1)), float(n[-1] / phi[-1]), (p, sign, least))
    ):
        return None
    ends = tails.limits(np.array([value]), np.array([(n / phi).sum()]), np.array([enough]))
    far, near = sorted(sign * (float(end[0]) - p) for end in ends)
    return Judged(
        value=value,
        baseline=p,
        effect=effect,
        interval=(max(far, rejected), near),  # what was gathered rejects all up to the border
        threshold=least,
        n=int(n.sum()),
        n_baseline=0,
        evidence=0.0,
    )


def _over(k: float, size: float, facts: tuple[float, float, float]) -> bool:
    """Return whether the present window surely excludes what matters."""
    p, sign, least = facts
    if size < FEWEST:
        return False
    ends = tails.limits(np.array([k / size]), np.array([size]), np.array([SURE]))
    return max(sign * (float(end[0]) - p) for end in ends) < least


def _said(look: Look, spans: Sequence[Span], rate: Rate, row: int, judged: Judged) -> Finding:
    since = f"{spans[0].start:%Y-%m-%d %H:%M}"
    why = (
        f"{rate.said.format(value=percent(judged.value))} for {look.slices[row].label} over"
        f" {count(len(spans), 'window')} since {since} UTC (was {percent(judged.baseline)}): too"
        f" small a change for one window, but it lasts; n {judged.n:,}."
    )
    subject = Subject(rate.layer, rate.measure, rate.column, look.slices[row])
    return replace(
        finding(look, subject, judged, why),
        method=METHOD,
        alpha=look.lasting_alphas(rate.layer).of(subject.slice),
        window=Span(spans[0].start, spans[-1].end),
    )

"""Apart: a slice whose rate moved though the others' did not move so, all in the same window.

    accuracy_apart, hit_rate_apart    fell behind the others'
    selection_rate_apart              left the others', either way

A rate of one slice is judged against its own past by `performance`, where a bad week of everybody
hides what happened to the slice.  Here its gap to everybody else is (`beside`), which wobbles less:
with s the slice's share and r the others', now and in the reference (s0, r0),

    effect = s - (s0 + r - r0)

is what it moved beyond the others.  It matters beyond what the rate itself must move by, and only
if the slice's own share moved as far the same way: where all others move, the slice that stays is
not at fault.  The surest is told first, and then taken out of what the others of its attribute are
set beside.  What the rate's own alarm tells already is not told again.
Refuses: groups of protected attributes, whose gaps `fairness` judges; slices of fewer than 30 rows,
and those of too few events to show how their gap wobbles (on average one a block); to list
anything but alarms.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tocsin.base.phrases import percent
from tocsin.base.slices import Slice
from tocsin.detect import beside, performance
from tocsin.detect.baseline import slice_keys
from tocsin.detect.beside import Beside, Question, Widened, widened
from tocsin.detect.dispersion import Dispersion
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.look import FEWEST, Look, Subject, finding
from tocsin.detect.rates import Rate, Watch, sums
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import System
from tocsin.profile.layout import Layout
from tocsin.profile.spec import Spec

_APART = "_apart"
_RATES = ("selection_rate", "accuracy", "hit_rate")
MEASURES = tuple(name + _APART for name in _RATES)


@dataclass(frozen=True, slots=True, eq=False)
class _Usual:
    was: Beside
    tells: NDArray[np.bool_]
    """Of which slices blocks have events enough to show how the gap wobbles."""
    spread: Dispersion


def plain(measure: str) -> str:
    """Return the rate that a measure of this room is about; any other as it is."""
    return measure.removesuffix(_APART) if measure in MEASURES else measure


def rates(layout: Layout) -> list[Rate]:
    """Return the rates that are set beside the others'."""
    every = [rate for some in performance.families(layout).values() for rate in some]
    return [rate for rate in every if rate.measure in _RATES and rate.column is None]


def monitors(layout: Layout, system: System) -> int:
    """Return how many questions one evaluation asks."""
    return len(rates(layout)) * len(_rows(layout.spec, system))


def apart(look: Look, known: Look, found: Sequence[Finding]) -> list[Finding]:
    """Return the slices that moved apart from the others.

    Args:
        look: for what needs no outcomes.
        known: for what needs them.
        found: what is told already.
    """
    asked, rows = rates(look.layout), _rows(look.layout.spec, look.system)
    if not asked or not rows:
        return []
    usual = _usual(look, asked, rows)
    told = {(f.measure, f.slice) for f in found if f.verdict is Verdict.ALARM}
    alarms: list[Finding] = []
    for rate, usually in zip(asked, usual, strict=True):
        at = look if rate.measure == _RATES[0] else known
        now = _beside(at.current, rate, rows)
        for v, seen in _alarms(at, rate, now, usually, rows):
            who = at.slices[rows[v]]
            if (rate.measure, who) not in told:
                alarms.append(_finding(at, rate, who, seen, v))
    return alarms


def _alarms(
    look: Look, rate: Rate, now: Beside, usual: _Usual, rows: list[int]
) -> Iterator[tuple[int, Widened]]:
    """Yield each slice that alarms, the surest first, with what was seen of it.

    What it moved beyond the others is then taken from the others of its attribute, whose gaps to
    it would open too.
    """
    attributes = np.array([look.slices[row].conditions[0][0] for row in rows])
    left = np.ones(len(rows), np.bool_)
    while True:
        seen = _judged(look, rate, now, usual)
        alarms = seen.proven & (seen.low > rate.least) & left
        if not alarms.any():
            return
        v = int(np.where(alarms, seen.evidence, -1.0).argmax())
        yield v, seen
        left[v] = False
        excess = now.k[v] - now.n[v] * _meant(seen, v)
        beside_it = (attributes == attributes[v]) & (np.arange(len(rows)) != v)
        now = replace(now, k_rest=np.maximum(now.k_rest - excess * beside_it, 0.0))


def _meant(seen: Widened, v: int) -> float:
    """Return the share of a slice had it moved as the others did."""
    return min(max(float(seen.was.own[v] + seen.now.rest[v] - seen.was.rest[v]), 0.0), 1.0)


def remains(look: Look, said: Finding, own: tuple[float, float], all_: tuple[float, float]) -> bool:
    """Return whether an alarm would be one of these counts too.

    Args:
        look: that it was found in.
        said: the alarm.
        own: events and rows of its slice.
        all_: the same of everyone.
    """
    asked, rows = rates(look.layout), _rows(look.layout.spec, look.system)
    place = next(k for k, rate in enumerate(asked) if rate.measure == plain(said.measure))
    usual = _usual(look, asked, rows)[place]
    v = rows.index(look.slices.index(said.slice))
    counts = (own[0], own[1], all_[0] - own[0], all_[1] - own[1])
    now = Beside(*(np.full(len(rows), one) for one in counts))
    seen = _judged(look, asked[place], now, usual)
    return bool(seen.proven[v]) and bool(seen.effect[v] > asked[place].least)


def _rows(spec: Spec, system: System) -> list[int]:
    """Return the places of the slices that are asked about, among all."""
    own = enumerate(slice_keys(spec))
    return [row for row, key in own if key and key.partition("=")[0] not in system.protected]


def _beside(counts: Numbers, rate: Rate, rows: list[int]) -> Beside:
    """Return the rate of each slice and of all others, of counts (..., slices, width)."""
    k, n = (sums(counts, [places])[..., 0] for places in (rate.yes, rate.of))
    own, every = (k[..., rows], n[..., rows]), (k[..., :1], n[..., :1])
    return Beside(*own, *(np.maximum(a - b, 0.0) for a, b in zip(every, own, strict=True)))


def _usual(look: Look, asked: Sequence[Rate], rows: list[int]) -> list[_Usual]:
    # a baseline outlives a change of who is protected
    return look.baseline.derived(f"apart {rows}", lambda: _known(look, asked, rows))


def _known(look: Look, asked: Sequence[Rate], rows: list[int]) -> list[_Usual]:
    baseline, spec = look.baseline, look.layout.spec
    blocks, short = baseline.counts(spec)[1], baseline.short(spec)
    every = [_beside(blocks, rate, rows) for rate in asked]
    near = None if short is None else [[_beside(short, rate, rows) for rate in asked]]
    spread = beside.wobble([every], near, timed=baseline.timed)
    return [
        _Usual(one.total(), one.tells()[0] > 0, spread.part(k, k + 1))
        for k, one in enumerate(every)
    ]


def _judged(look: Look, rate: Rate, now: Beside, usual: _Usual) -> Widened:
    moved = now.own - usual.was.own
    down = (moved < 0) if rate.watch is Watch.BOTH else np.ones(len(moved), np.bool_)
    sign = np.where(down, 1.0, -1.0)
    alpha = look.alphas(rate.layer).slice
    question = Question(usual.spread, look.blocks_long, alpha, sign, parity=False)
    seen = widened(now, usual.was, question)
    enough = usual.tells & (np.minimum(now.fewest, usual.was.fewest) >= FEWEST)
    return replace(seen, proven=seen.proven & enough & (-sign * moved > rate.least))


def _finding(look: Look, rate: Rate, who: Slice, seen: Widened, v: int) -> Finding:
    now, was = seen.now, seen.was
    value, before = float(now.own[v]), float(was.own[v])
    meant = _meant(seen, v)
    judged = replace(seen.judged(v, rate.least), value=value, baseline=meant)
    said = rate.said.format(value=percent(value))
    why = (
        f"{said} for {who.label}; had it moved as the others did, {percent(meant)}"
        f" (was {percent(before)}); n {judged.n:,}."
    )
    subject = Subject(rate.layer, rate.measure + _APART, None, who)
    return finding(look, subject, judged, why)

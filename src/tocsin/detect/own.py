"""Monitors that an owner asked for: a fixed bound, k sigma, or a previous period.

    static     beyond a bound that somebody chose
    k_sigma    beyond mean ± k standard deviations of the whole windows before, at least eight
    previous   more than `least` away from the same window some time ago

They say what was asked for and state no error rate (`alpha` is None), since none holds: how often a
fixed bound, three sigma or last week is wrong depends on the data, and they do not share the alarm
budget.  Each says instead how often its rule would have alarmed in the windows before.
`bench/bounds.py` measures what the rules cost where nothing happened.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tocsin.base.errors import BadInput
from tocsin.base.phrases import number, percent
from tocsin.base.slices import parse
from tocsin.detect import health, intervals, maturity, performance, quality
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.look import Look
from tocsin.detect.rates import Rate
from tocsin.ingest.monitor import COUNTED, Against, Monitor
from tocsin.ingest.system import Kind
from tocsin.profile import measures
from tocsin.profile.cell import Counts
from tocsin.profile.layout import Layout
from tocsin.profile.spec import NumericBins

FEWEST_WINDOWS = 8
"""Windows from which a standard deviation is told."""
_QUANTILES = {"latency_p50": 0.5, "latency_p95": 0.95, "latency_p99": 0.99}


@dataclass(frozen=True, slots=True)
class Reading:
    """A measure of one window: its value, of how many rows; NaN where it cannot be said."""

    value: float
    n: float
    interval: tuple[float, float] = (math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Measured:
    """How a measure is read off the counts of one slice, and what it is."""

    layer: Layer
    read: Callable[[Counts], Reading]
    is_share: bool = False
    needs_outcomes: bool = False
    of_rows: bool = True
    """Whether it says little of few rows; how many there are says the same of none."""

    def enough(self, reading: Reading, fewest: int) -> bool:
        """Return whether a reading says anything."""
        return not (math.isnan(reading.value) or (self.of_rows and reading.n < fewest))


@dataclass(frozen=True, eq=False)
class Past:
    """The windows of one slice before the present: its counts, newest first, and `ago`.

    `ago` is the window that a rule of a previous period asks for; None: there is none.
    """

    windows: Sequence[Counts] = ()
    ago: Counts | None = None


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a rule says: beyond it or not, against what, and by how much; or what is lacking."""

    beyond: bool
    baseline: float
    effect: float
    threshold: float
    said: str
    lacking: str = ""
    n_baseline: int = 0
    interval: tuple[float, float] = (math.nan, math.nan)
    history: list[bool] = field(default_factory=list[bool])


def names(layout: Layout) -> list[str]:
    """Return every measure that can be asked for, `measure` or `measure of column`."""
    rates = [f"{r.measure} of {r.column}" if r.column else r.measure for r in _rates(layout)]
    own = [name for name in COUNTED if layout.spec.kind is Kind.BINARY or name not in {"f1", "auc"}]
    return sorted({*rates, *own})


def measured(layout: Layout, monitor: Monitor) -> Measured:
    """Return how the measure of `monitor` is read.

    Raises:
        BadInput: the system has no such measure, column or slice.
    """
    where = f"monitor {monitor.name!r}"
    if monitor.slice and monitor.slice not in layout.spec.slices:
        what = f"nobody is counted as {parse(monitor.slice).label}"
        raise BadInput(what, where=where, do="name one value of one attribute under slices")
    if monitor.name in {*COUNTED, *(rate.measure for rate in _rates(layout))}:
        raise BadInput("is the name of a measure", where=where, do="choose another name")
    for rate in _rates(layout):
        if (rate.measure, rate.column) == (monitor.measure, monitor.column):
            late = rate.layer is Layer.PERFORMANCE and rate.measure != "selection_rate"
            return Measured(rate.layer, _share(rate), is_share=True, needs_outcomes=late)
    if monitor.measure == "mean":
        for bins in layout.spec.numeric:
            if bins.name == monitor.column:
                return Measured(Layer.DRIFT, _mean(layout, bins))
    elif monitor.measure in names(layout) and monitor.column is None:
        return _counted(layout, monitor.measure)
    known = ", ".join(names(layout))
    of = f" of {monitor.column}" if monitor.column else ""
    what = f"{monitor.measure}{of} is not counted of this system"
    raise BadInput(what, where=where, do=f"choose one of: {known}; mean of a numeric column")


def findings(
    look: Look, known: Look, monitors: Sequence[Monitor], pasts: Mapping[str, Past]
) -> list[Finding]:
    """Return what each monitor says of the window.

    Args:
        look: the window.
        known: the window whose outcomes are complete.
        monitors: what was asked for.
        pasts: by the monitor's name, what came before its window; absent: nothing is known.
    """
    found: list[Finding] = []
    for monitor in monitors:
        how = measured(look.layout, monitor)
        at = known if how.needs_outcomes else look
        counts = at.window.cells.get(monitor.slice, look.layout.zero())
        found.append(_finding(at, monitor, how, counts, pasts.get(monitor.name)))
    return found


def _finding(
    look: Look, monitor: Monitor, how: Measured, counts: Counts, past: Past | None
) -> Finding:
    now, who = how.read(counts), parse(monitor.slice)
    said = _judge(monitor, how, now, past)
    alarms = said.beyond and not said.lacking
    text = _in_unit(how, now.value)
    name = f"{monitor.measure.replace('_', ' ')}{f' of {monitor.column}' if monitor.column else ''}"
    why = f"{monitor.name}: {name} for {who.label} is {text}, {said.said}; n {int(now.n):,}"
    if said.lacking:
        why = f"{monitor.name} cannot be judged: {said.lacking}"
    elif len(said.history) > 1:
        why += f"; so it was in {sum(said.history)} of the {len(said.history)} windows before"
    verdict = Verdict.ALARM if alarms else Verdict.INSUFFICIENT if said.lacking else Verdict.OK
    asks = Level.PAGE if monitor.pages else Level.TICKET
    return Finding(
        layer=how.layer,
        measure=monitor.name,
        column=monitor.column,
        slice=who,
        value=math.nan if said.lacking else now.value,
        baseline=said.baseline,
        effect=said.effect,
        interval=said.interval,
        threshold=said.threshold,
        n=int(now.n),
        n_baseline=said.n_baseline,
        verdict=verdict,
        level=asks if alarms else Level.INFO,
        why=f"{why}.",
        window=look.window.span,
        method=monitor.against.value,
    )


def _judge(monitor: Monitor, how: Measured, now: Reading, past: Past | None) -> _Judged:
    if not how.enough(now, monitor.fewest):
        lacking = f"{int(now.n):,} rows in the window, {monitor.fewest} needed"
        return _lacks(lacking)
    if past is None and monitor.against is not Against.STATIC:
        return _lacks("it needs history, and there is only this window")
    past = past or Past()
    before = [how.read(counts) for counts in past.windows]
    told = [one.value for one in before if how.enough(one, monitor.fewest)]
    match monitor.against:
        case Against.STATIC:
            return _static(monitor, how, now, told)
        case Against.K_SIGMA:
            return _k_sigma(monitor, how, now.value, told)
        case Against.PREVIOUS:
            return _previous(monitor, how, now.value, past)


def _lacks(lacking: str) -> _Judged:
    nan = math.nan
    return _Judged(beyond=False, baseline=nan, effect=nan, threshold=0.0, said="", lacking=lacking)


def _static(monitor: Monitor, how: Measured, now: Reading, told: Sequence[float]) -> _Judged:
    value = now.value
    low = -math.inf if monitor.below is None else monitor.below
    high = math.inf if monitor.above is None else monitor.above
    bound = high if value > high or monitor.below is None else low
    parts = [
        None if monitor.below is None else f"below {_in_unit(how, low)}",
        None if monitor.above is None else f"above {_in_unit(how, high)}",
    ]
    ends = [end - high if bound == high else low - end for end in now.interval]
    asked = " or ".join(part for part in parts if part)
    beyond = value < low or value > high
    return _Judged(
        beyond=beyond,
        baseline=bound,
        effect=value - high if bound == high else low - value,
        threshold=0.0,
        interval=(min(ends), max(ends)),
        said=f"{'which is' if beyond else 'not'} {asked}",
        history=[one < low or one > high for one in told],
    )


def _k_sigma(monitor: Monitor, how: Measured, value: float, told: Sequence[float]) -> _Judged:
    assert monitor.k_sigma is not None
    if len(told) < FEWEST_WINDOWS:
        lacking = f"{len(told)} windows before, {FEWEST_WINDOWS} needed"
        return _lacks(lacking)
    mean, spread = float(np.mean(told)), float(np.std(told, ddof=1))
    away = abs(value - mean) / spread if spread > 0 else (0.0 if value == mean else math.inf)
    away = min(away, 1e6)
    return _Judged(
        beyond=away > monitor.k_sigma,
        baseline=mean,
        effect=away,
        threshold=monitor.k_sigma,
        said=f"{number(away)} standard deviations from {_in_unit(how, mean)}",
        n_baseline=len(told),
        history=_leave_one_out(told, monitor.k_sigma),
    )


def _leave_one_out(told: Sequence[float], k: float) -> list[bool]:
    """Return of each window whether it would have alarmed by all the others."""
    values = np.array(told)
    found: list[bool] = []
    for place in range(len(values)):
        others = np.delete(values, place)
        found.append(bool(abs(values[place] - others.mean()) > k * others.std(ddof=1)))
    return found


def _previous(monitor: Monitor, how: Measured, value: float, past: Past) -> _Judged:
    was = how.read(past.ago) if past.ago is not None else Reading(math.nan, 0)
    if not how.enough(was, monitor.fewest):
        lacking = f"{int(was.n):,} rows in the earlier window, {monitor.fewest} needed"
        return _lacks(lacking)
    change = abs(value - was.value)
    if not how.is_share:
        change = change / abs(was.value) if was.value else math.inf if change else 0.0
    change = min(change, 1e6)
    return _Judged(
        beyond=change > monitor.least,
        baseline=was.value,
        effect=change,
        threshold=monitor.least,
        said=f"was {_in_unit(how, was.value)}",
        n_baseline=int(was.n),
    )


def _rates(layout: Layout) -> list[Rate]:
    found = [health.failed(layout), *quality.rates(layout), maturity.rate(layout)]
    found += [health.saturated(layout)] * layout.spec.capacity
    return found + [rate for some in performance.families(layout).values() for rate in some]


def _share(rate: Rate) -> Callable[[Counts], Reading]:
    def read(counts: Counts) -> Reading:
        k, n = float(counts[list(rate.yes)].sum()), float(counts[list(rate.of)].sum())
        if n <= 0:
            return Reading(math.nan, 0)
        return Reading(k / n, n, intervals.wilson(k, n))

    return read


def _counted(layout: Layout, name: str) -> Measured:
    """Return how one of `COUNTED` is read."""

    def rows(counts: Counts, part: str = "n") -> float:
        return float(counts[layout.places[part]].sum())

    match name:
        case "volume":
            return Measured(
                Layer.HEALTH, lambda counts: Reading(rows(counts), rows(counts)), of_rows=False
            )
        case "f1":
            return Measured(
                Layer.PERFORMANCE,
                lambda counts: Reading(measures.f1(layout, counts), rows(counts, "n_labelled")),
                is_share=True,
                needs_outcomes=True,
            )
        case "auc":
            return Measured(Layer.PERFORMANCE, _auc(layout), needs_outcomes=True)
        case _:
            q = _QUANTILES[name]
            return Measured(
                Layer.HEALTH,
                lambda counts: Reading(
                    measures.latency_ms(layout, counts, q), rows(counts, "latency_hist")
                ),
            )


def _mean(layout: Layout, bins: NumericBins) -> Callable[[Counts], Reading]:
    def read(counts: Counts) -> Reading:
        n = measures.present(layout, counts, bins.name)
        return Reading(measures.mean(layout, counts, bins), n)

    return read


def _auc(layout: Layout) -> Callable[[Counts], Reading]:
    def read(counts: Counts) -> Reading:
        yes, no = (
            counts[layout.places[name]].astype(np.float64) for name in ("pos_hist", "neg_hist")
        )
        value, variance = intervals.auc_and_variance(yes, no)
        half = 1.959964 * math.sqrt(float(np.nan_to_num(variance)))
        ends = (float(value) - half, float(value) + half)
        return Reading(float(value), float(yes.sum() + no.sum()), ends)

    return read


def _in_unit(how: Measured, value: float) -> str:
    return percent(value) if how.is_share else number(value)

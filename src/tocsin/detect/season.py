"""Season: what a KPI is expected to be, from medians of the same hour of earlier days or weeks.

    expected(t) = profile[phase of t] + trend·(t - end)          a mean; rates and sums multiply

The phases are hours of the day, or hours of the week where the past holds three weeks and they
foretell it better; holidays are Sundays.  An hour of the week is shrunk towards the same hour of
all working days, or of the weekend, by `TAU` repeats.  Medians forget an incident in one of them.
A past day is foretold from the *other* days: what is left over tells how wrong the profile is as
well as how much the KPI wobbles.  The trend is Theil and Sen's slope of the days, and is believed
only where Kendall's test is far beyond chance.
Source: Sen (1968), JASA 63, 1379-1389; methods in `docs/how_it_works.md`.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.detect.series import Series, summed, variance
from tocsin.detect.tails import Numbers
from tocsin.ingest.kpi import DAY_S, WEEK_S, Kpi, KpiKind, Season

TAUS = (1e6, 1.0)
BETTER = 0.9
"""By how much the typical error must shrink before a season is believed."""
FEWEST_DAYS, FEWEST_WEEKS, FEWEST_DAYS_TOLD = 3, 3, 7
TREND_DAYS, TREND_SURE = 14, 3.0
FLAT = 1e-3
"""Least wobble, relative to the KPI itself."""
SUNDAY = 3
"""Days after 1970-01-01, a Thursday, modulo 7."""
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Phases:
    """Where an instant stands: `days` is 7, 1 (all days alike), `hours` the parts of a day."""

    days: int
    hours: int
    holidays: tuple[int, ...]
    tau: float = 0.0
    """How many repeats of an hour of the week its parent weighs."""

    def of(self, start_s: Numbers) -> Places:
        """Return the phase of each instant, 0 up to days × hours."""
        day = (start_s // DAY_S).astype(np.intp)
        hour = ((start_s % DAY_S) // (DAY_S / self.hours)).astype(np.intp)
        weekday = np.where(np.isin(day, self.holidays), SUNDAY, day % 7)
        return (weekday % self.days) * self.hours + hour

    @property
    def period_s(self) -> int:
        """How long until a phase comes again."""
        return self.days * DAY_S


@dataclass(frozen=True, eq=False)
class Fit:
    """What was learnt from one stretch of past, ending at `end_s`.

    `residual` is what was left over of each bucket of the past, shape (T,), in units of the square
    root of `variance`, and `weight` one over that root; `slope` is the trend a day, relative where
    the KPI scales.
    """

    kpi: Kpi
    phases: Phases
    profile: Numbers
    slope: float
    end_s: float
    residual: Numbers
    weight: Numbers

    @property
    def flat(self) -> float:
        """The least deviation that counts, in standard errors: a constant past allows rounding."""
        typical = float(np.median(np.abs(self.profile))) * float(np.median(self.weight))
        return max(typical * FLAT, 1e-12)

    def expected(self, start_s: Numbers) -> Numbers:
        """Return the expected value of buckets that start at `start_s`."""
        usual = self.profile[self.phases.of(start_s)]
        days = (start_s - self.end_s) / DAY_S
        return usual * np.exp(self.slope * days) if self.kpi.scales else usual + self.slope * days

    def variance(self, start_s: Numbers, n: Numbers) -> Numbers:
        """Return the variance of buckets up to the scale that the residuals tell."""
        return variance(self.kpi.kind, self.expected(start_s), n)

    def unit(self, start_s: Numbers) -> Numbers:
        """Return the size that relative changes are relative to, > 0."""
        usual = np.abs(self.profile)
        typical = max(float(np.median(usual)), 1e-9)
        if not self.kpi.scales:
            return np.full(len(start_s), typical)
        return np.maximum(np.abs(self.expected(start_s)), typical * 1e-3)


def fit(kpi: Kpi, past: Series) -> Fit:
    """Return what `past` (at least one bucket with a value) teaches.

    Args:
        kpi: its kind, and the season if it is declared.
        past: buckets in order of time, incidents left out.
    """
    value = past.value(kpi.kind)
    end_s = float(past.start_s[-1] + kpi.every_s)
    best: tuple[float, Phases, Numbers, Numbers] | None = None
    slope = 0.0
    for phases in _candidates(kpi, past):
        if phases.days == 1:  # weekdays are told by few days each, and hours do not bend a trend
            slope = _slope(kpi, past, value, phases)
        level = _detrended(kpi, value, slope, (past.start_s - end_s) / DAY_S)
        grid = _grid(kpi, past, level, phases)
        profile = _medians(kpi, grid.cells, grid.counted, phases)
        foretold = _foretold(kpi, grid, phases)
        error = _error(kpi, past, level, foretold)
        if best is None or error < BETTER * best[0]:
            best = (error, phases, profile, level - foretold)
    assert best is not None
    _, phases, profile, left = best
    usual = profile[phases.of(past.start_s)]
    spread = np.sqrt(variance(kpi.kind, usual, past.n))
    return Fit(kpi, phases, profile, slope, end_s, left / spread, 1 / spread)


def _error(kpi: Kpi, past: Series, level: Numbers, foretold: Numbers) -> float:
    """Return the typical error of a bucket times that of a day, where there are enough days."""
    left = np.nan_to_num(level - foretold) / np.sqrt(variance(kpi.kind, foretold, past.n))
    typical = float(np.median(np.abs(left)))
    day = (past.start_s // DAY_S - past.start_s[0] // DAY_S).astype(np.intp)
    seen = np.bincount(day)
    if (seen > 0).sum() < FEWEST_DAYS_TOLD or kpi.every_s >= DAY_S:
        return typical
    sums = np.bincount(day, weights=left)[seen > 0] / np.sqrt(seen[seen > 0])
    return math.sqrt(typical * float(np.median(np.abs(sums))))


def _candidates(kpi: Kpi, past: Series) -> list[Phases]:
    """Return the seasons that the past is long enough for, the simplest first."""
    hours = max(1, min(24, DAY_S // kpi.every_s))
    holidays = kpi.holiday_days
    length_s = past.start_s[-1] + kpi.every_s - past.start_s[0]
    found = [Phases(1, 1, holidays)]
    if hours > 1 and length_s >= FEWEST_DAYS * DAY_S:
        found.append(Phases(1, hours, holidays))
    if length_s >= FEWEST_WEEKS * WEEK_S:
        found += [Phases(7, hours, holidays, tau) for tau in TAUS]
    wanted = {Season.NONE: 1, Season.DAY: hours, Season.WEEK: 7 * hours}.get(kpi.season)
    if wanted is None:
        return found
    return [p for p in found if p.days * p.hours <= wanted][-1:]


def _detrended(kpi: Kpi, value: Numbers, slope: float, days: Numbers) -> Numbers:
    return value * np.exp(-slope * days) if kpi.scales else value - slope * days


@dataclass(frozen=True, eq=False)
class _Grid:
    """A past by repeat and phase: values and counts of shape (repeats, phases); where each is."""

    cells: Numbers
    counted: Numbers
    row: Places
    phase: Places


def _grid(kpi: Kpi, past: Series, level: Numbers, phases: Phases) -> _Grid:
    phase = phases.of(past.start_s)
    row = ((past.start_s - past.start_s[0] // DAY_S * DAY_S) // phases.period_s).astype(np.intp)
    weight = np.ones_like(level) if kpi.kind is KpiKind.SUM else past.n
    weight = np.where(np.isnan(level), 0.0, weight)
    shape = (int(row[-1]) + 1, phases.days * phases.hours)
    place, size = row * shape[1] + phase, shape[0] * shape[1]
    total = summed(place, np.nan_to_num(level) * weight, size).reshape(shape)
    counted = summed(place, weight, size).reshape(shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _Grid(np.where(counted > 0, total / counted, np.nan), counted, row, phase)


def _foretold(kpi: Kpi, grid: _Grid, phases: Phases) -> Numbers:
    """Return what the other days or weeks foretell of each bucket."""
    repeats = len(grid.cells)
    if repeats == 1:
        return _medians(kpi, grid.cells, grid.counted, phases)[grid.phase]
    others = np.nonzero(~np.eye(repeats, dtype=np.bool_))[1].reshape(repeats, -1)
    profiles = _medians(kpi, grid.cells[others], grid.counted[others], phases)
    return profiles[grid.row, grid.phase]


def _medians(kpi: Kpi, cells: Numbers, counted: Numbers, phases: Phases) -> Numbers:
    """Return the value of each phase, shape (..., phases), from cells (..., repeats, phases)."""
    own = _nanmedian(cells)
    known = (~np.isnan(cells)).sum(-2).astype(np.float64)
    level = _nanmedian(own[..., None])
    if phases.days == 7:
        parent = _parent(kpi, cells, counted, phases, level)
        share = known / (known + phases.tau)
        found = np.where(known > 0, share * np.nan_to_num(own) + (1 - share) * parent, parent)
    else:
        found = np.where(known > 0, own, level)
    return found * _centred(cells, counted, found) if kpi.scales else found


def _parent(kpi: Kpi, cells: Numbers, counted: Numbers, phases: Phases, level: Numbers) -> Numbers:
    """Return what the hours of working days and of weekends say, moved to each weekday's level."""
    outer = cells.shape[:-2]
    shape = (*outer, cells.shape[-2], 7, phases.hours)
    week, there = cells.reshape(shape), np.where(np.isnan(cells), 0.0, counted).reshape(shape)
    hours = np.empty((*outer, 7, phases.hours))
    for days in ([0, 1, 4, 5, 6], [SUNDAY - 1, SUNDAY]):
        alike = _nanmedian(week[..., days, :].reshape(*outer, -1, phases.hours))
        hours[..., days, :] = alike[..., None, :]
    hours = np.where(np.isnan(hours), level[..., None], hours)
    seen = (there * np.nan_to_num(week)).sum(-1)
    foretold = (there * hours[..., None, :, :]).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        moved = seen / foretold if kpi.scales else (seen - foretold) / there.sum(-1)
    moved = _nanmedian(np.where(np.isfinite(moved), moved, np.nan))[..., None]
    if kpi.scales:
        return (hours * np.nan_to_num(moved, nan=1.0)).reshape(*outer, -1)
    return (hours + np.nan_to_num(moved)).reshape(*outer, -1)


def _centred(cells: Numbers, counted: Numbers, profile: Numbers) -> Numbers:
    """Return what makes the profile foretell whole repeats: medians of few events lie low."""
    there = np.where(np.isnan(cells), 0.0, counted)
    foretold = (there * profile[..., None, :]).sum(-1)
    seen = (there * np.nan_to_num(cells)).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(foretold > 0, seen / foretold, np.nan)
    return np.nan_to_num(_nanmedian(ratio[..., None]), nan=1.0)


def _nanmedian(cells: Numbers) -> Numbers:
    """Return the median over the last axis but one; NaN where it is empty."""
    ordered = np.sort(cells, axis=-2)  # NaN last
    known = (~np.isnan(cells)).sum(-2, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum(known - 1, 0) // 2, -2)
    high = np.take_along_axis(ordered, np.minimum(known // 2, cells.shape[-2] - 1), -2)
    return np.where(known > 0, (low + high) / 2, np.nan)[..., 0, :]


def _slope(kpi: Kpi, past: Series, value: Numbers, phases: Phases) -> float:
    """Return the trend a day; 0 where there are few days or Kendall's test does not tell one."""
    grid = _grid(kpi, past, value, phases)
    usual = _medians(kpi, grid.cells, grid.counted, phases)
    known = ~np.isnan(value)
    day = ((past.start_s - past.start_s[0]) // DAY_S).astype(np.intp)[known]
    size = int(day[-1]) + 1 if len(day) else 0
    seen = summed(day, np.ones(len(day)), size)
    there = summed(day, value[known], size)
    foretold = summed(day, usual[phases.of(past.start_s)][known], size)
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.log(there / foretold) if kpi.scales else (there - foretold) / seen
    told = np.isfinite(level) & (seen >= 0.8 * np.median(seen))  # whole days
    x, y = np.flatnonzero(told).astype(np.float64), level[told]
    d = len(x)
    if d < TREND_DAYS:
        return 0.0
    first, second = np.triu_indices(len(x), 1)
    slopes = (y[second] - y[first]) / (x[second] - x[first])
    kendall = np.sign(slopes).sum() / np.sqrt(d * (d - 1) * (2 * d + 5) / 18)
    return float(np.median(slopes)) if abs(kendall) > TREND_SURE else 0.0

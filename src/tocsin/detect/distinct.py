"""Distinct: how many different values an input holds, against as many rows of the reference.

    distinct of a column     session ids where country codes stood, or ever the same few
    distinct of no column    different decisions, fewer alone: one that is sent over and over

The more rows, the more values, so the usual number for n values is read off the reference's own
parts of rising length (see `rungs`), on a line between them in logarithms.  Below the shortest part
it lies between two: as many fewer values as rows, and as few fewer as the line began.  Beyond the
whole likewise: as many as the whole, or as the line goes on.  Within these a window is as usual.

    z = ln(distinct / usual) / s          s**2 = (1 + 1/D) max(wobble of the D parts, error)**2

where the error is the sketch's own: 6.5 % of registers, 4.4 % of the sample of decisions; and z is
Student's of D - 1 degrees of freedom.  Smallest effects of interest: twice as
many, half as many; of decisions a fifth fewer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.base.phrases import number
from tocsin.base.slices import EVERYONE
from tocsin.detect import tails
from tocsin.detect.baseline import Baseline
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import FEWEST, Judged, Lack, Look, Subject, finding, insufficient
from tocsin.detect.places import at
from tocsin.detect.rungs import rungs
from tocsin.detect.tails import Numbers
from tocsin.ingest.rows import FieldKind
from tocsin.profile import sketch
from tocsin.profile.layout import Layout, distinct_columns
from tocsin.profile.repeats import MOST
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window

TWICE, QUARTER = 1.0, 0.25
"""Relative changes: of values, and of decisions (1.25 times fewer)."""
_FEWEST_PARTS = 15
_COUNTED = (FieldKind.NUMERIC, FieldKind.CATEGORICAL, FieldKind.TEXT)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column, the places that count its values, and the place of its registers."""

    name: str | None
    values: tuple[int, ...]
    registers: int = 0

    @property
    def error(self) -> float:
        """The standard error of the logarithm of its number of values."""
        return 1 / math.sqrt(MOST) if self.name is None else 1.04 / math.sqrt(sketch.REGISTERS)


@dataclass(frozen=True, slots=True, eq=False)
class _Usual:
    """The reference's line: logarithms of values and distinct ones, (rungs, columns), and wobble.

    `wobble` is the standard deviation of ln distinct of single parts, (rungs, columns), NaN where
    a rung has too few parts; `parts` their number, (rungs,).
    """

    n: Numbers
    distinct: Numbers
    wobble: Numbers
    parts: NDArray[np.intp]


def watched(spec: Spec) -> tuple[str | None, ...]:
    """Return the columns that are watched; None stands for decisions."""
    if not spec.told_by:
        return ()
    return (*(f.name for f in spec.schema.features if f.kind in _COUNTED), None)


def distinct(look: Look) -> list[Finding]:
    """Return whether each input holds about as many different values as usual, for everyone."""
    columns = _columns(look.layout)
    if not columns or look.window.marks is None or not rungs(look.baseline):
        return []
    usual = look.baseline.derived("distinct", lambda: _usual(look.baseline, columns))
    n, seen = _counted([look.window], columns)
    return [
        found
        for place, column in enumerate(columns)
        for found in _judge(look, column, usual, place, (float(n[0, place]), float(seen[0, place])))
    ]


def _columns(layout: Layout) -> list[_Column]:
    spec = layout.spec
    registers = {name: place for place, name in enumerate(distinct_columns(spec))}
    categorical = {one.name for one in spec.categorical}
    found: list[_Column] = []
    for name in watched(spec):
        if name is None:
            found.append(_Column(None, at(layout, "n")))
            continue
        if name in categorical:
            parts = [f"f_{name}.{part}" for part in ("counts", "other", "unseen")]
        else:
            first = name if name in registers and f"f_{name}.hist" in layout.places else ""
            view = first or f"{name}.chars"
            parts = [f"f_{view}.{part}" for part in ("hist", "under", "over")]
        found.append(_Column(name, at(layout, *parts), registers[name]))
    return found


def _counted(parts: Sequence[Window], columns: Sequence[_Column]) -> tuple[Numbers, Numbers]:
    """Return values and distinct values, shape (parts, columns)."""
    n, seen = np.zeros((2, len(parts), len(columns)))
    for row, part in enumerate(parts):
        assert part.marks is not None
        for place, column in enumerate(columns):
            if "" in part.cells:
                n[row, place] = part.cells[""][list(column.values)].sum()
            if column.name is None:
                seen[row, place] = _decisions(part.marks.sample.hashes)
            else:
                seen[row, place] = sketch.distinct(part.marks.registers[column.registers])
    return n, np.minimum(seen, n)


def _decisions(hashes: NDArray[np.uint64]) -> float:
    """Return the number of different decisions: all that are sampled, or by how dense they lie."""
    if len(hashes) < MOST:
        return float(len(hashes))
    return (MOST - 1) * 2.0**64 / float(hashes[-1])


def _usual(baseline: Baseline, columns: Sequence[_Column]) -> _Usual:
    line: list[tuple[Numbers, Numbers, Numbers, int]] = []
    for rung in rungs(baseline):
        n, seen = (np.log(np.maximum(x, 1.0)) for x in _counted(rung.parts, columns))
        size = len(rung.parts)
        # where parts differ in rows, as many more values are allowed for as rows
        left = (seen - seen.mean(0)) - np.clip(_slope(n, seen), 0, 1) * (n - n.mean(0))
        told = size >= _FEWEST_PARTS
        wobble = np.sqrt((left**2).sum(0) / (size - 1)) if told else np.full(len(columns), np.nan)
        line.append((n.mean(0), seen.mean(0), wobble, size))
    n, seen, wobble = (np.stack([rung[k] for rung in line]) for k in range(3))
    order = np.argsort(n[:, -1], kind="stable")
    parts = np.array([rung[3] for rung in line], np.intp)
    return _Usual(n[order], np.maximum.accumulate(seen[order]), wobble[order], parts[order])


def _slope(x: Numbers, y: Numbers) -> Numbers:
    away = x - x.mean(0)
    return (away * y).sum(0) / np.maximum((away**2).sum(0), 1e-12)


def _judge(
    look: Look, column: _Column, usual: _Usual, place: int, seen: tuple[float, float]
) -> list[Finding]:
    n, values = seen
    subject = Subject(Layer.QUALITY, "distinct", column.name, EVERYONE)
    n_usual = float(np.exp(usual.n[-1, place]))
    least = QUARTER if column.name is None else TWICE
    if min(n, n_usual) < FEWEST:
        return [insufficient(look, subject, Lack(n, n_usual, least, of="values"))]
    told = np.flatnonzero(~np.isnan(usual.wobble[:, place]))
    if not len(told):
        return []
    near = told[np.abs(usual.n[told, place] - math.log(n)).argmin()]
    parts = int(usual.parts[near])
    s = math.sqrt(1 + 1 / parts) * max(float(usual.wobble[near, place]), column.error)
    low, high = _expected(usual.n[:, place], usual.distinct[:, place], math.log(n))
    log = math.log(max(values, 1.0))
    if column.name is None:
        high = max(high, log)  # only fewer are a fault
    usual_log = min(max(log, low), high)
    away = abs(log - usual_log)
    dof, alpha = np.array([parts - 1.0]), look.alphas(Layer.QUALITY).everyone
    cost = np.array([(away / s) ** 2 / 2])
    half = s * math.sqrt(2 * float(look.surely(Layer.QUALITY, alpha, dof)[0]))
    judged = Judged(
        value=values,
        baseline=math.exp(usual_log),
        effect=math.expm1(away),
        interval=(math.expm1(away - half), math.expm1(away + half)),
        threshold=least,
        n=int(n),
        n_baseline=round(n_usual),
        evidence=max(0.0, float(tails.evidence(cost, dof)[0]) - math.log10(2)),
        proven=bool(cost[0] >= tails.exponent(alpha / 2, dof)[0]),
    )
    return [finding(look, subject, judged, _why(column, judged))]


def _expected(n: Numbers, seen: Numbers, at_n: float) -> tuple[float, float]:
    """Return the least and the most that `at_n` values usually hold; all in logarithms."""
    if n[0] <= at_n <= n[-1]:
        usual = float(np.interp(at_n, n, seen))
        return usual, usual
    if len(n) == 1:
        slopes = np.array([0.0 if at_n < n[0] else 1.0])
    else:
        slopes = np.clip(np.diff(seen) / np.maximum(np.diff(n), 1e-9), 0.0, 1.0)
    if at_n < n[0]:
        away = at_n - n[0]
        return float(seen[0] + away), float(seen[0] + slopes[0] * away)
    return float(seen[-1]), float(seen[-1] + slopes[-1] * (at_n - n[-1]))


def _why(column: _Column, judged: Judged) -> str:
    what = f"{column.name} holds about" if column.name else "There are about"
    of = "different values" if column.name else "different decisions"
    usual = f"(usual: {number(judged.baseline)})"
    return f"{what} {number(judged.value)} {of} in {judged.n:,} {usual}."

"""Raw rows of many shapes, and their cells: what measures are held against their oracles on."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tests.profile.rows import LENDING, START
from tocsin.ingest.system import Columns, Kind, System
from tocsin.profile import kernel
from tocsin.profile.cell import Counts, Marks
from tocsin.profile.layout import Layout, layout_of
from tocsin.profile.learn import learn
from tocsin.profile.merge import total
from tocsin.profile.spec import NumericBins
from tocsin.profile.task import UserTask

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
SEEDS = range(6)

BINARY = replace(LENDING, slices=(), protected=(), columns=Columns(time="at", score="score"))
PRICES = System(
    name="prices", kind=Kind.REGRESSION, columns=Columns(time="at", prediction="answer", label="y")
)


def _zero_inflated(r: np.random.Generator, n: int) -> Floats:
    return np.where(r.random(n) < 0.6, 0.0, r.lognormal(8, 1, n))


SHAPES: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "normal": lambda r, n: r.normal(50, 12, n),
    "lognormal": lambda r, n: r.lognormal(3, 1.5, n),
    "zero-inflated": _zero_inflated,
    "heavy ties": lambda r, n: np.asarray(r.integers(0, 7, n) * 2.5 - 5, np.float64),
    "far from zero": lambda r, n: 1e9 + r.normal(0, 1e-3, n),
    "uniform": lambda r, n: r.random(n),
}
SCORES: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "uniform": lambda r, n: r.random(n),
    "extreme": lambda r, n: r.beta(0.2, 0.2, n),
    "narrow": lambda r, n: r.beta(400, 500, n),
    "heavy ties": lambda r, n: r.integers(0, 5, n) / 4,
    "hundredths": lambda r, n: r.integers(0, 101, n) / 100,
}


@dataclass(frozen=True, slots=True)
class Counted:
    """One cell, everyone's, and what it was counted from."""

    layout: Layout
    counts: Counts
    marks: Marks

    @property
    def grid(self) -> NumericBins:
        """The grid of the only numeric feature."""
        return self.layout.spec.numeric[0]


def counted(table: pa.Table, reference: pa.Table, system: System) -> Counted:
    """Return everyone's cell of `table`, counted by the kernel as the command line does."""
    spec = learn(reference, system)
    found = UserTask(spec, system, START)(table)
    assert found.refused == 0
    tally = total([kernel.nothing(spec), *found.profile.values()])
    features, outcomes = tally.features.counts, tally.outcomes.counts.sum(axis=0)
    everyone = features[0] if len(features) else np.zeros(features.shape[1], np.int64)
    return Counted(layout_of(spec), np.concatenate([outcomes, everyone]), tally.marks)


def numbers(values: Floats, reference: Floats | None = None) -> Counted:
    """Return the cell of a feature `x` on the grid of `reference`, by default of itself."""
    known = values if reference is None else reference
    return counted(_rows(x=values), _rows(x=known), replace(BINARY, columns=Columns(time="at")))


def decisions(score: Floats, label: Truths, threshold: float = 0.5) -> Counted:
    """Return the cell of scores and what came true."""
    system = replace(
        BINARY, threshold=threshold, columns=Columns(time="at", score="score", label="y")
    )
    reference = _rows(score=np.array([0.1, 0.9]), y=np.array([False, True]))
    return counted(_rows(score=score, y=label), reference, system)


def answers(answer: Floats, y: Floats, reference: tuple[Floats, Floats] | None = None) -> Counted:
    """Return the cell of a regression's answers and outcomes, by default on their own grid."""
    known = reference or (answer, y)
    return counted(_rows(answer=answer, y=y), _rows(answer=known[0], y=known[1]), PRICES)


def _rows(**columns: NDArray[np.generic]) -> pa.Table:
    n = len(next(iter(columns.values())))
    at = pa.array([START] * n, pa.timestamp("us", tz="UTC"))
    return pa.table({"at": at} | {name: pa.array(c) for name, c in columns.items()})

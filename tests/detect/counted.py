"""Windows made of counts, drawn from a known truth: no rows, so that simulations take seconds.

The truth of a window is the reference's shares, wobbling with intraclass correlation `rho`: every
share of the window is drawn anew around its mean (Dirichlet), the same for all slices.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from tests.profile.rows import LENDING, START, spec_of, table
from tocsin.base.spans import Span
from tocsin.detect.baseline import Baseline, slice_keys
from tocsin.ingest.system import System
from tocsin.profile.cell import Counts
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window

SPEC = spec_of(table(4000, 11))
LAYOUT = layout_of(SPEC)
DAY = timedelta(days=1)
SHARES = {"employer=private": 0.6, "employer=self": 0.2, "employer=government": 0.2}
Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """Shares by which a window is drawn; `faults` replace them in some slices.

    `clumps` are the correlations of some of missing, selected and right, in place of `rho`.
    `shifts` are added to what was drawn, in some slices.
    Numbers and scores of a window are also moved as one, by `sway` standard deviations or so.
    """

    rho: float = 0.0
    sway: float = 0.0
    clumps: Mapping[str, float] = field(default_factory=dict[str, float])
    missing: float = 0.05
    selected: float = 0.4
    right: float = 0.8
    faults: Mapping[str, Mapping[str, float]] = field(
        default_factory=dict[str, Mapping[str, float]]
    )
    shifts: Mapping[str, Mapping[str, float]] = field(
        default_factory=dict[str, Mapping[str, float]]
    )

    def of(self, slice_: str, drawn: Mapping[str, float]) -> Mapping[str, float]:
        """Return the shares of a slice where everybody's are `drawn`."""
        more = self.shifts.get(slice_, {})
        moved = {name: min(max(drawn[name] + by, 0.0), 1.0) for name, by in more.items()}
        return {**drawn, **moved, **self.faults.get(slice_, {})}


def window(n: int, r: np.random.Generator, truth: Truth | None = None, day: int = 0) -> Window:
    """Return one day of about `n` decisions."""
    truth = truth or Truth()
    start = START + day * DAY
    wobbled = {
        "education_years": _wobble(_even(_bins("education_years"), truth.sway, r), truth.rho, r),
        "income": _wobble(_even(_bins("income"), truth.sway, r), truth.rho, r),
        "purpose": _wobble(np.array([0.5, 0.3, 0.2]), truth.rho, r),
        "scores": _wobble(_even(100, truth.sway, r), truth.rho, r),
    }
    plain = {
        name: float(_wobble(np.array([share, 1 - share]), truth.clumps.get(name, truth.rho), r)[0])
        for name, share in (
            ("missing", truth.missing),
            ("selected", truth.selected),
            ("right", truth.right),
        )
    }
    cells: dict[str, Counts] = {}
    total = LAYOUT.zero()
    for key, share in SHARES.items():
        rows = int(r.poisson(n * share))
        cells[key] = _cell(rows, wobbled, truth.of(key, plain), r)
        total += cells[key]
    women = int(r.binomial(total[LAYOUT.places["n"].start], 0.5))
    for key, rows in (("sex=f", women), ("sex=m", int(total[LAYOUT.places["n"].start]) - women)):
        cells[key] = _cell(rows, wobbled, truth.of(key, plain), r)
    return Window(Span(start, start + DAY), {"": total, **cells})


def baseline(
    n: int, r: np.random.Generator, truth: Truth | None = None, blocks: int = 20
) -> Baseline:
    """Return a baseline of `blocks` days of about `n` decisions each."""
    return Baseline.of([window(n, r, truth, day) for day in range(-blocks, 0)])


def system(**changes: object) -> System:
    """Return the lending system."""

    return replace(LENDING, **changes)  # pyright: ignore[reportArgumentType] - test convenience


def spec() -> Spec:
    """Return the spec that these windows are counted under."""
    assert set(slice_keys(SPEC)) == {"", *SHARES, "sex=f", "sex=m"}
    return SPEC


def _bins(feature: str) -> int:
    return next(len(b.edges) - 1 for b in SPEC.numeric if b.name == feature)


def _even(bins: int, sway: float, r: np.random.Generator) -> Shares:
    if sway == 0:
        return np.full(bins, 1.0)
    return np.exp(r.normal(0, sway) * np.linspace(-math.sqrt(3), math.sqrt(3), bins))


def _wobble(mean: Shares, rho: float, r: np.random.Generator) -> Shares:
    mean = mean / mean.sum()
    return mean if rho == 0 else r.dirichlet(mean * (1 / rho - 1))


def _cell(
    n: int, shares: Mapping[str, Shares], plain: Mapping[str, float], r: np.random.Generator
) -> Counts:
    cell = LAYOUT.zero()

    def put(name: str, counts: "int | list[int] | NDArray[np.int64]") -> None:
        LAYOUT.get(cell, name)[...] = counts

    put("n", n)
    put("n_prediction", n)
    put("n_by_decider", [n, 0, 0, 0, 0])
    put("n_positive", r.binomial(n, plain["selected"]))
    put("score_hist", r.multinomial(n, shares["scores"]))
    for feature in ("education_years", "income"):
        missing = int(r.binomial(n, plain["missing"]))
        put(f"f_{feature}.missing", missing)
        put(f"f_{feature}.hist", r.multinomial(n - missing, shares[feature]))
    put("f_purpose.counts", r.multinomial(n, shares["purpose"]))
    right = int(r.binomial(n, plain["right"]))
    tp, fp = int(r.binomial(right, 0.5)), int(r.binomial(n - right, 0.5))
    put("n_labelled", n)
    put("tp", tp)
    put("tn", right - tp)
    put("fp", fp)
    put("fn", n - right - fp)
    positives = r.multinomial(tp + n - right - fp, shares["scores"])
    put("pos_hist", positives)
    put("neg_hist", r.multinomial(n - positives.sum(), shares["scores"]))
    return cell

"""A regression whose truth is known: prices of flats in two towns, counted by the kernel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pyarrow as pa

from tests.profile.rows import START, lake_rows
from tocsin.detect.baseline import Baseline, stacked
from tocsin.detect.budget import Alphas
from tocsin.detect.look import Look
from tocsin.ingest.rows import INSTANT
from tocsin.ingest.system import Columns, Kind, System
from tocsin.profile.blocks import blocks
from tocsin.profile.layout import layout_of
from tocsin.profile.learn import learn
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window, add

PRICES = System(
    name="prices",
    kind=Kind.REGRESSION,
    columns=Columns(id="id", time="at", prediction="answer", label="price"),
    slices=("town",),
)


@dataclass(frozen=True)
class Off:
    """How far answers are off: spread of errors, and their mean by town ("" is everyone)."""

    spread: float = 10.0
    aside: Mapping[str, float] = field(default_factory=dict[str, float])
    wobble: float = 0.0


def table(n: int, r: np.random.Generator, off: Off | None = None, hours: float = 24) -> pa.Table:
    """Return `n` answers and prices; the mean error wobbles from day to day."""
    off = off or Off()
    town = r.choice(["east", "west"], n, p=[0.7, 0.3])
    answer = r.normal(300, 60, n)
    day = (np.arange(n) * hours / n / 24).astype(int)
    aside = np.array([off.aside.get(t, 0.0) for t in town]) + off.aside.get("", 0.0)
    wobble = r.normal(0, off.wobble, int(day.max()) + 1)
    error = r.normal(0, off.spread, n) + aside + wobble[day]
    return pa.table(
        {
            "id": [f"{k}" for k in range(n)],
            "at": pa.array([START + timedelta(hours=hours * k / n) for k in range(n)], INSTANT),
            "answer": answer,
            "town": town,
            "price": answer + error,
        }
    )


def usual(
    n: int, r: np.random.Generator, off: Off | None = None, days: int = 20
) -> tuple[Spec, Baseline]:
    """Return what a reference of `days` days of about `n` rows each tells."""
    raw = table(n * days, r, off, hours=24 * days)
    spec = learn(raw, PRICES)
    return spec, Baseline.of(blocks(lake_rows(raw, spec, PRICES), spec, days))


def window(raw: pa.Table, spec: Spec) -> Window:
    """Return the counts of rows."""
    return add(blocks(lake_rows(raw, spec, PRICES), spec, 1))


def look(one: Window, spec: Spec, baseline: Baseline, alpha: float = 1e-3) -> Look:
    """Return a look whose every monitor has the error rate `alpha`."""
    return Look(
        layout=layout_of(spec),
        system=PRICES,
        window=one,
        baseline=baseline,
        current=stacked(one, spec),
        reference=baseline.counts(spec)[0],
        harm=Alphas.alike(alpha),
        other=Alphas.alike(alpha),
    )

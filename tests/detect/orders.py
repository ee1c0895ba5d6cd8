"""Orders of a made-up shop, for the tests of repeats and distinct values.

Every fifth buyer asks several times within a minute, with the same inputs; shops are many and their
sizes Zipf's; countries are few.  Sales differ from day to day.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tests.profile.rows import START
from tocsin.detect.baseline import Baseline, stacked
from tocsin.detect.budget import Alphas
from tocsin.detect.look import Look
from tocsin.ingest.rows import INSTANT
from tocsin.ingest.system import Columns, System
from tocsin.ingest.tabular import from_table
from tocsin.profile.blocks import blocks, stretches
from tocsin.profile.layout import layout_of
from tocsin.profile.learn import learn
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window, add

SHOP = System(name="shop", columns=Columns(time="at", score="score", label="kept"), bucket_s=3600)


def orders(
    n: int,
    r: np.random.Generator,
    *,
    again: float = 0.2,
    shops: int = 3000,
    hours: float = 240.0,
    start: datetime = START,
) -> pa.Table:
    """Return `n` orders over `hours`.

    Args:
        n: rows.
        r: where chance comes from.
        again: share of buyers who ask two to four times, varying from day to day.
        shops: how many there are.
        hours: over which they are spread.
        start: of them.
    """
    buyer = np.arange(n)
    day = (buyer * hours / n // 24).astype(int)
    daily: NDArray[np.float64] = r.uniform(0.5, 1.5, int(day.max()) + 1)
    share = again * daily[day]
    times = np.where(r.random(n) < share, r.integers(2, 5, n), 1)
    who = np.repeat(buyer, times)[:n]
    popular = 1 / np.arange(1, shops + 1) ** 0.9
    shop = r.choice(shops, n, p=popular / popular.sum())
    at_s = who * hours * 3600 / n + r.uniform(0, 20, n)
    score = r.random(n)[who]
    return pa.table(
        {
            "at": pa.array([start + timedelta(seconds=float(s)) for s in at_s], INSTANT),
            "amount": np.round(r.lognormal(3, 1, n), 2)[who],
            "country": np.array(["de", "fr", "it", "es"])[r.choice(4, n, p=[0.5, 0.3, 0.15, 0.05])][
                who
            ],
            "shop": [f"shop {k}" for k in shop[who]],
            "note": [f"order {k % 50} of {k}" for k in who],
            "score": score,
            "kept": r.random(n) < score,
        }
    )


def rows_of(raw: pa.Table, spec: Spec) -> pa.Table:
    """Return `raw` in the lake's schema."""
    return from_table(raw, spec.schema, SHOP, START + timedelta(days=3650)).table


def usual(raw: pa.Table) -> tuple[Spec, Baseline]:
    """Return what is learnt from a reference."""
    spec = learn(raw, SHOP)
    rows = rows_of(raw, spec)
    return spec, Baseline.of(blocks(rows, spec), stretches(rows, spec))


def window(raw: pa.Table, spec: Spec) -> Window:
    """Return the counts of `raw`."""
    return add(blocks(rows_of(raw, spec), spec, 1))


def look(raw: pa.Table, spec: Spec, baseline: Baseline, alpha: float = 1e-3) -> Look:
    """Return the look at `raw`."""
    current = window(raw, spec)
    return Look(
        layout=layout_of(spec),
        system=SHOP,
        window=current,
        baseline=baseline,
        current=stacked(current, spec),
        reference=baseline.counts(spec)[0],
        harm=Alphas.alike(alpha),
        other=Alphas.alike(alpha),
    )


def unmarked(some: Window) -> Window:
    """Return a window whose marks nobody asked for."""
    return replace(some, marks=None)

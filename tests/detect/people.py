"""People whose facts hang together, for the tests of associations."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

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
from tocsin.profile.window import add

CREDIT = System(name="credit", columns=Columns(time="at", score="score", label="paid"))
NAMES = ("age", "income", "debt", "luck", "rare", "owner", "score")


def people(n: int, r: np.random.Generator, *, wobble: float = 0.0, day: int = 0) -> pa.Table:
    """Return `n` decisions over ten days.

    Age and income correlate by 0.6, income and debt by 0.5; `luck` with nothing; `rare` is 1 of
    200; owners are older.  By `wobble`, the first correlation differs from day to day.
    """
    days = np.arange(n) * 10 // n
    rho = np.clip(0.6 + wobble * r.standard_normal(10)[days], -0.9, 0.9)
    age, other, third = r.standard_normal((3, n))
    income = rho * age + np.sqrt(1 - rho**2) * other
    debt = 0.5 * income + np.sqrt(0.75) * third
    owner = r.random(n) < 1 / (1 + np.exp(-1.5 * age))
    score = 1 / (1 + np.exp(-(income - debt + r.normal(0, 0.5, n))))
    at = [START + timedelta(days=day, seconds=864_000 * k / n) for k in range(n)]
    columns: dict[str, Any] = {
        "at": pa.array(at, INSTANT),
        "age": 45 + 12 * age,
        "income": np.exp(10 + 0.5 * income),
        "debt": pa.array(np.maximum(debt, 0.0), mask=r.random(n) < 0.05),
        "luck": r.random(n),
        "rare": np.where(r.random(n) < 0.005, "yes", "no"),
        "owner": owner,
        "score": score,
        "paid": r.random(n) < score,
    }
    return pa.table(columns)


def rows_of(raw: pa.Table, spec: Spec) -> pa.Table:
    """Return `raw` in the lake's schema."""
    return from_table(raw, spec.schema, CREDIT, START + timedelta(days=3650)).table


def usual(raw: pa.Table, every: int = 1) -> tuple[Spec, Baseline]:
    """Return what is learnt from a reference, with one row of `every` paired."""
    spec = replace(learn(raw, CREDIT), paired_every=every)
    rows = rows_of(raw, spec)
    return spec, Baseline.of(blocks(rows, spec), stretches(rows, spec))


def look(raw: pa.Table, known: tuple[Spec, Baseline], alpha: float = 1e-6) -> Look:
    """Return the look at `raw`."""
    spec, baseline = known
    current = add(blocks(rows_of(raw, spec), spec, 1))
    return Look(
        layout=layout_of(spec),
        system=CREDIT,
        window=current,
        baseline=baseline,
        current=stacked(current, spec),
        reference=baseline.counts(spec)[0],
        harm=Alphas.alike(alpha),
        other=Alphas.alike(alpha),
        blocks_long=baseline.blocks_long(current),
    )


def mixed(raw: pa.Table, column: str, r: np.random.Generator) -> pa.Table:
    """Return the same with one column's values dealt to others: a join by the wrong key."""
    values = raw[column].take(r.permutation(np.arange(raw.num_rows)))
    return raw.set_column(raw.column_names.index(column), column, values)

"""Rows for the tests of profile and detect: a small lending system whose truth is known."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from tocsin.ingest.rows import INSTANT
from tocsin.ingest.system import Columns, Risk, System
from tocsin.ingest.tabular import from_table
from tocsin.profile.learn import learn
from tocsin.profile.spec import Spec

START = datetime(2026, 11, 1, tzinfo=UTC)
LENDING = System(
    name="lending",
    risk=Risk.HIGH,
    columns=Columns(id="id", time="at", score="score", prediction="approved", label="repaid"),
    slices=("employer",),
    protected=("sex",),
    bucket_s=3600,
    window_s=86400,
)


def table(n: int, seed: int, *, hours: float = 240.0, start: datetime = START) -> pa.Table:
    """Return `n` raw decisions as the lender's own table has them, evenly over `hours`."""
    r = np.random.default_rng(seed)
    years = r.integers(6, 21, n).astype(float)
    income = np.where(r.random(n) < 0.2, 0.0, r.lognormal(10, 0.5, n))
    logit = 0.25 * (years - 12) + 0.3 * (income > 0) + r.normal(0, 1, n)
    score = 1 / (1 + np.exp(-logit))
    at = [start + timedelta(hours=hours * k / n) for k in range(n)]
    return pa.table(
        {
            "id": [f"{seed}-{k}" for k in range(n)],
            "at": pa.array(at, INSTANT),
            "education_years": pa.array(years, mask=r.random(n) < 0.01),
            "income": income,
            "purpose": r.choice(["car", "house", "phone"], n, p=[0.5, 0.3, 0.2]),
            "employer": r.choice(["government", "private", "self"], n, p=[0.2, 0.6, 0.2]),
            "sex": r.choice(["f", "m"], n),
            "score": score,
            "approved": score >= 0.5,
            "repaid": r.random(n) < score,
        }
    )


def spec_of(raw: pa.Table, system: System = LENDING) -> Spec:
    """Return the spec learnt from `raw`."""
    return learn(raw, system)


def lake_rows(raw: pa.Table, spec: Spec, system: System = LENDING) -> pa.Table:
    """Return `raw` in the lake's schema, labels beside; nothing may be refused."""
    accepted = from_table(raw, spec.schema, system, START + timedelta(days=365))
    assert not accepted.rejected
    return accepted.table


def replaced(raw: pa.Table, name: str, column: "list[Any] | pa.Array[Any]") -> pa.Table:
    """Return `raw` with one column in place of its namesake."""
    array: pa.Array[Any] = pa.array(column) if isinstance(column, list) else column
    return raw.set_column(raw.column_names.index(name), name, array)

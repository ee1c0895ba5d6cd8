"""Whole checks of small files, for the tests of pictures, drawings and reports."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa

from tests.profile.rows import LENDING, lake_rows, replaced, spec_of, table
from tocsin.detect.baseline import Baseline
from tocsin.detect.budget import Budget
from tocsin.detect.check import Checked, Comparison
from tocsin.detect.evaluate import evaluate, look_at
from tocsin.detect.finding import Origin
from tocsin.detect.terms import config_hash
from tocsin.ingest.system import System
from tocsin.profile.blocks import blocks
from tocsin.profile.window import add

BUDGET = Budget.of(1.0, 86400)
REFERENCE = table(8000, 50)


def compared(
    current: pa.Table, reference: pa.Table = REFERENCE, system: System = LENDING
) -> Comparison:
    """Return the check of `current` against `reference`, as `tocsin check` makes it."""
    spec = spec_of(reference, system)
    baseline = Baseline.of(blocks(lake_rows(reference, spec, system), spec))
    window = add(blocks(lake_rows(current, spec, system), spec, 1))
    origin = Origin(
        reference_sha256="a" * 64,
        current_sha256="b" * 64,
        spec_hash=spec.hash,
        code="0.1.0",
        config=config_hash(system, BUDGET),
    )
    found = evaluate(window, baseline, spec, system, BUDGET, now=None)
    return Comparison(
        findings=[replace(one, origin=origin) for one in found],
        checked=Checked(
            system=system.name,
            origin=origin,
            reference_rows=reference.num_rows,
            rows=current.num_rows,
            start=window.span.start,
            end=window.span.end + timedelta(seconds=1),
        ),
        look=look_at(window, baseline, spec, system, BUDGET),
    )


def faulty(raw: pa.Table) -> pa.Table:
    """Return `raw` with education years gone, and so few approvals, for government employees."""
    hit = np.array(raw["employer"].to_pylist()) == "government"
    gone = hit & (np.arange(raw.num_rows) % 25 != 0)
    pairs = zip(raw["education_years"].to_pylist(), gone, strict=True)
    years = [None if missing else year for year, missing in pairs]
    score = np.where(gone, 0.1, raw["score"].to_numpy())
    raw = replaced(replaced(raw, "education_years", years), "score", score.tolist())
    return replaced(raw, "approved", (score >= 0.5).tolist())


FAULTY = compared(faulty(table(2000, 52)))
HEALTHY = compared(table(2000, 51))
FEW = compared(table(12, 51))


def wide(n: int, seed: int, features: int, values: int, *, shift: float = 0.0) -> pa.Table:
    """Return decisions of many numeric features and one attribute of many values.

    Args:
        n: rows.
        seed: of the numbers.
        features: how many.
        values: of the attribute `team`.
        shift: added to every tenth feature, in standard deviations.
    """
    r = np.random.default_rng(seed)
    raw = table(n, seed).drop_columns(["education_years", "income", "purpose", "employer"])
    raw = raw.append_column("team", pa.array([f"team {v:02}" for v in r.integers(0, values, n)]))
    for place in range(features):
        column = r.normal(shift if place % 10 == 0 else 0.0, 1.0, n)
        raw = raw.append_column(f"feature_{place:03}", pa.array(column))
    return raw


WIDE = replace(LENDING, slices=("team",))

"""Looks at rows whose two protected attributes cross, for tests of combinations."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from tests.profile.rows import LENDING, START, lake_rows, spec_of
from tocsin.detect.baseline import Baseline, stacked
from tocsin.detect.budget import Alphas
from tocsin.detect.look import Look
from tocsin.ingest.rows import INSTANT
from tocsin.profile.blocks import blocks
from tocsin.profile.layout import layout_of
from tocsin.profile.window import add

CROSSED = replace(LENDING, slices=(), protected=("sex", "age_band"))


def people(
    n: int, seed: int, *, hurt: float = 0.0, rare: bool = False, start: datetime = START
) -> pa.Table:
    """Return raw decisions, one in ten seconds; young women, old men get a yes so much less."""
    r = np.random.default_rng(seed)
    sex = r.choice(["f", "m"], n)
    shares = [0.02, 0.48, 0.5] if rare else [0.3, 0.4, 0.3]
    age = r.choice(["18-25", "26-60", "over 60"], n, p=shares)
    # what young women lose the old gain, the other way round for men: neither attribute shows it
    of_age = (age == "18-25").astype(int) - (age == "over 60").astype(int)
    shift = hurt * of_age * np.where(sex == "f", -1, 1)
    chance = np.clip(0.5 + shift, 0.01, 0.99)
    approved = r.random(n) < chance
    score = np.where(approved, 0.5 + r.random(n) / 2, r.random(n) / 2 - 1e-9).clip(0, 1)
    at = [start + timedelta(seconds=10 * k) for k in range(n)]
    return pa.table(
        {
            "id": [f"{seed}-{k}" for k in range(n)],
            "at": pa.array(at, INSTANT),
            "income": r.lognormal(10, 0.5, n),
            "sex": sex,
            "age_band": age,
            "score": score,
            "approved": approved,
            "repaid": r.random(n) < score,
        }
    )


SPEC = spec_of(people(4000, 1), CROSSED)


def look_at(raw: pa.Table, reference: pa.Table, alpha: float = 1e-3) -> Look:
    """Return the look at one file whose every monitor has the error rate `alpha`."""
    now = add(blocks(lake_rows(raw, SPEC, CROSSED), SPEC, 1))
    baseline = Baseline.of(blocks(lake_rows(reference, SPEC, CROSSED), SPEC))
    return Look(
        layout=layout_of(SPEC),
        system=CROSSED,
        window=now,
        baseline=baseline,
        current=stacked(now, SPEC),
        reference=baseline.counts(SPEC)[0],
        harm=Alphas.alike(alpha),
        other=Alphas.alike(alpha),
    )

"""A choice among classes whose truth is known: letters that are sent to one of several desks."""

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tests.profile.rows import START, lake_rows
from tocsin.detect.baseline import Baseline, stacked
from tocsin.detect.budget import Alphas
from tocsin.detect.look import Look
from tocsin.ingest.rows import INSTANT
from tocsin.ingest.system import Columns, Kind, Risk, System
from tocsin.profile.blocks import blocks, stretches
from tocsin.profile.layout import layout_of
from tocsin.profile.learn import learn
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window, add

DESKS = System(
    name="desks",
    kind=Kind.MULTICLASS,
    risk=Risk.HIGH,
    columns=Columns(id="id", time="at", score="sure", prediction="sent", label="meant"),
    slices=("channel",),
    protected=("sex",),
)
NAMES = ("cards", "loans", "fraud", "savings")
SHARES = (0.4, 0.3, 0.2, 0.1)


@dataclass(frozen=True)
class Fault:
    """What is wrong: letters of a desk lost in a channel, confidence too high, another mix.

    `lost` is the share of `desk`'s letters from `channel` ("" is all) that are sent elsewhere;
    `hard` is how much harder letters are to tell apart, with a confidence that says so; `wobble` is
    how much the share of right answers moves from day to day.
    """

    lost: float = 0.0
    desk: str = "fraud"
    channel: str = "app"
    unsure: float = 0.0
    hard: float = 0.0
    shares: tuple[float, ...] = field(default=SHARES)
    wobble: float = 0.0


def table(
    n: int, r: np.random.Generator, fault: Fault | None = None, hours: float = 24
) -> pa.Table:
    """Return `n` letters, the desk each was sent to, how sure that was, and the one it meant."""
    fault = fault or Fault()
    meant, channel = r.choice(NAMES, n, p=fault.shares), r.choice(["app", "post", "web"], n)
    sure = r.beta(8, 2 + fault.hard, n)
    day = (np.arange(n) * hours / n / 24).astype(int)
    ease = r.normal(0, fault.wobble, int(day.max()) + 1)[day] - fault.unsure
    hit = r.random(n) < np.clip(sure + ease, 0, 1)
    here = (meant == fault.desk) & ((channel == fault.channel) | (fault.channel == ""))
    hit &= ~(here & (r.random(n) < fault.lost))
    other = (np.searchsorted(_SORTED, meant) + r.integers(1, len(NAMES), n)) % len(NAMES)
    at = [START + timedelta(hours=hours * k / n) for k in range(n)]
    return pa.table(
        {
            "id": [f"{k}" for k in range(n)],
            "at": pa.array(at, INSTANT),
            "pages": r.normal(3, 1, n),
            "channel": channel,
            "sex": r.choice(["f", "m"], n),
            "sure": sure,
            "sent": np.where(hit, meant, _SORTED[other]),
            "meant": meant,
        }
    )


_SORTED: NDArray[np.str_] = np.sort(np.array(NAMES))


def usual(
    n: int,
    r: np.random.Generator,
    fault: Fault | None = None,
    days: int = 20,
    system: System = DESKS,
) -> tuple[Spec, Baseline]:
    """Return what a reference of `days` days of about `n` letters each tells."""
    raw = table(n * days, r, fault, hours=24 * days)
    spec = learn(raw, system)
    rows = lake_rows(raw, spec, system)
    return spec, Baseline.of(blocks(rows, spec, days), stretches(rows, spec, days))


def window(raw: pa.Table, spec: Spec, system: System = DESKS) -> Window:
    """Return the counts of rows."""
    return add(blocks(lake_rows(raw, spec, system), spec, 1))


def look(one: Window, spec: Spec, baseline: Baseline, alpha: float = 1e-3) -> Look:
    """Return a look whose every monitor has the error rate `alpha`."""
    return Look(
        layout=layout_of(spec),
        system=DESKS,
        window=one,
        baseline=baseline,
        current=stacked(one, spec),
        reference=baseline.counts(spec)[0],
        harm=Alphas.alike(alpha),
        other=Alphas.alike(alpha),
    )

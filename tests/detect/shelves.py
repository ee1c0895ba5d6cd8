"""A ranking whose truth is known: a shop that shows lists of products, some of them clicked."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

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

SHELF = System(
    name="shelf",
    kind=Kind.RANKING,
    risk=Risk.HIGH,
    columns=Columns(id="request", time="at", prediction="items", label="clicked"),
    slices=("device",),
    protected=("sex",),
    top=5,
)
ITEMS = 60
SEEN = 1 / np.log2(np.arange(12) + 2)
"""How likely people look at a position."""


@dataclass(frozen=True)
class Fault:
    """What is wrong: fewer clicks on a device, worse order there, empty lists, the same items.

    `fewer` is the share of clicks that are lost, `shuffled` the share of lists whose order is
    chance, `empty` that of lists without an item, `narrow` that of items replaced by the ten most
    popular; `wobble` is how much the click-through rate moves from day to day (a part of it).
    """

    fewer: float = 0.0
    shuffled: float = 0.0
    empty: float = 0.0
    narrow: float = 0.0
    device: str = "phone"
    wobble: float = 0.0


def table(
    n: int, r: np.random.Generator, fault: Fault | None = None, hours: float = 24
) -> pa.Table:
    """Return `n` requests with the items shown, best first, and a 1 for each that was clicked.

    People differ: some click much, some hardly, so that the clicks of a request hang together.
    """
    fault = fault or Fault()
    device = r.choice(["phone", "tablet", "desk"], n, p=(0.5, 0.2, 0.3))
    sizes = r.integers(6, 13, n)
    day = (np.arange(n) * hours / n / 24).astype(int)
    keen = r.gamma(2, 0.5, n) * np.exp(r.normal(0, fault.wobble, int(day.max()) + 1))[day]
    here = (device == fault.device) | (fault.device == "")
    keen = np.where(here, keen * (1 - fault.fewer), keen)
    shuffled = here & (r.random(n) < fault.shuffled)
    sizes[here & (r.random(n) < fault.empty)] = 0
    popular = np.log(1 / (np.arange(ITEMS) + 5.0))
    items = np.argsort(-(popular + r.gumbel(size=(n, ITEMS))), 1)[:, : len(SEEN)]
    worth = -np.sort(-r.beta(1, 3, items.shape), 1)
    worth = np.where(shuffled[:, None], r.permuted(worth, axis=1), worth)
    narrow = here[:, None] & (r.random(items.shape) < fault.narrow)
    items = np.where(narrow, r.integers(0, 10, items.shape), items)
    clicked = r.random(items.shape) < np.clip(worth * SEEN * keen[:, None], 0, 1)
    there = np.arange(len(SEEN)) < sizes[:, None]
    return pa.table(
        {
            "request": [f"r{k}" for k in range(n)],
            "at": pa.array([START + timedelta(hours=hours * k / n) for k in range(n)], INSTANT),
            "words": r.normal(3, 1, n),
            "device": device,
            "sex": r.choice(["f", "m"], n),
            "items": _lists(sizes, np.char.add("p", items[there].astype(str))),
            "clicked": _lists(sizes, clicked[there].astype(np.int64)),
        }
    )


def listed(raw: pa.Table, name: str) -> list[Any]:
    """Return the values of a column, such as the items of each request."""
    return raw.column(name).to_pylist()


def _pairs(request: dict[str, Any]) -> list[tuple[Any, Any]]:
    return list(zip(request["items"], request["clicked"], strict=True))


def _lists(sizes: NDArray[np.int64], values: NDArray[Any]) -> Any:
    made: Any = pa.ListArray
    return made.from_arrays(np.append(0, np.cumsum(sizes)).astype(np.int32), pa.array(values))


def by_item(lists: pa.Table, r: np.random.Generator) -> pa.Table:
    """Return the same with a row for each item, in any order."""
    rows: list[dict[str, Any]] = [
        {**one, "items": item, "clicked": click, "position": place}
        for one in lists.to_pylist()
        for place, (item, click) in enumerate(_pairs(one), 1)
    ]
    order: list[int] = r.permutation(len(rows)).tolist()
    return pa.Table.from_pylist([rows[k] for k in order])


def usual(
    n: int,
    r: np.random.Generator,
    fault: Fault | None = None,
    days: int = 20,
    system: System = SHELF,
) -> tuple[Spec, Baseline]:
    """Return what a reference of `days` days of about `n` requests each tells."""
    raw = table(n * days, r, fault, hours=24 * days)
    spec = learn(raw, system)
    rows = lake_rows(raw, spec, system)
    return spec, Baseline.of(blocks(rows, spec, days), stretches(rows, spec, days))


def window(raw: pa.Table, spec: Spec, system: System = SHELF) -> Window:
    """Return the counts of rows."""
    return add(blocks(lake_rows(raw, spec, system), spec, 1))


def look(one: Window, spec: Spec, baseline: Baseline, alpha: float = 1e-3) -> Look:
    """Return a look whose every monitor has the error rate `alpha`."""
    return Look(
        layout=layout_of(spec),
        system=SHELF,
        window=one,
        baseline=baseline,
        current=stacked(one, spec),
        reference=baseline.counts(spec)[0],
        harm=Alphas.alike(alpha),
        other=Alphas.alike(alpha),
    )

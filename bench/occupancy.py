"""D3Bench's occupancy data and the figures that its authors published of them, where they lie.

Not part of the repository: give the folder that holds `occupacy_data.csv.gz` in TOCSIN_D3BENCH.
Source: D3Bench (arXiv 2404.18673), main/results/functional/occupacy_data/benchmark_report.csv.
"""

import csv
import gzip
import os
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from tocsin.detect import evidently, nannyml
from tocsin.detect.raw import Raw

COLUMNS = ("measured", "co2", "temperature")
CUT = datetime(2021, 5, 9)  # noqa: DTZ001 - the file's times have no zone
PUBLISHED: Mapping[str, tuple[float, ...]] = {
    "evidently:psi": (0.0005601194932552096, 0.18866934411677616, 1.905698511510941),
    "evidently:jensenshannon": (0.008366180077773807, 0.1545125916765585, 0.43727276281444993),
    "evidently:kl_div": (0.00027616256034361866, 0.09454845661752223, 1.1126665644939833),
    "evidently:wasserstein": (0.02417074823001735, 0.27986889285077743, 1.3522144218542473),
    "evidently:ks": (0.8637743095667989, 0.0, 0.0),
    "evidently:ed": (0.008252415140674983, 1.454720422720243, 0.4167697914684301),
    "evidently:hellinger": (0.008366836359396593, 0.15572964021736174, 0.459719067577911),
    "evidently:mannw": (0.00792690930920493,),
    "evidently:t_test": (0.015852193808866627,),
    "evidently:cramer_von_mises": (
        *(2.5329628305925667e-07, 7.085893716229918e-08, 2.8717108313536244e-07),
    ),
    "nannyml:jensen_shannon": (0.030177303378785984, 0.3304135746721289, 0.6397224775856053),
    "nannyml:hellinger": (0.0251635122074083, 0.29060736619963434, 0.6027105870994962),
    "nannyml:kolmogorov_smirnov": (
        *(0.01738133257633575, 0.30134899232499834, 0.6243478183612308),
    ),
}
"""Drift scores of `COLUMNS`; where fewer are given, only the first was published."""


def folder() -> Path | None:
    """Return where the data lies; None where it is not there."""
    named = os.environ.get("TOCSIN_D3BENCH")
    here = Path(named) if named else None
    return here if here and (here / "occupacy_data.csv.gz").exists() else None


def columns(here: Path) -> dict[str, tuple[Raw, Raw]]:
    """Return the reference (before 9 May 2021) and the rest of each column."""
    with gzip.open(here / "occupacy_data.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    early = np.array([datetime.strptime(r["time"], "%m/%d/%Y %H:%M") < CUT for r in rows])  # noqa: DTZ007
    found: dict[str, tuple[Raw, Raw]] = {}
    for name in COLUMNS:
        values = np.array([float(row[name]) for row in rows])
        found[name] = Raw.numbers(values[early]), Raw.numbers(values[~early])
    return found


def ours(method: str, was: Raw, now: Raw) -> float:
    """Return our number for a published one.

    NannyML's are means over ten chunks; it then added the remaining rows to the last one.
    """
    peer, _, name = method.partition(":")
    if peer == "evidently":
        return evidently.METHODS[name](was, now).value
    size = len(now) // 10
    ends = [*range(0, 10 * size, size), len(now)]
    parts = [now.part(a, b) for a, b in pairwise(ends)]
    return float(nannyml.distances(name, was, parts).mean())

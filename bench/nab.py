"""The Numenta Anomaly Benchmark: `tocsin kpi FILE --learn 2d` on every file, and k sigma beside it.

    .venv/bin/python bench/nab.py [--data DIR]      default: $NAB_DATA, or ../shared/data/nab

One fixed configuration for all files, the defaults but for `--learn 2d`: the benchmark gives 15 %
of a file to learn from, which is two days where a file has two weeks.  The alarm budget is the
default, one false alarm a month; NAB's own practice of choosing the threshold that scores best over
all files is *not* followed for the first figure.  What other budgets score is printed below it, and
k sigma is granted its best k.  A detection is the row at which an alarm is raised.
"""

import argparse
import csv
import gzip
import json
import os
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from nab_score import FEW_FALSE, FEW_MISSED, STANDARD, Scored, Weights, normalised, score

from tocsin.cli.kpi import Options, judged
from tocsin.detect.kpi import PAST_DAYS, QUIET_S
from tocsin.detect.sudden import bursts
from tocsin.detect.tails import Numbers

ROOT = Path(__file__).parents[1]
OPTIONS = Options("mean", "both", 0.02, "auto", (), None, "2d")
BUDGETS = (0.25, 0.5, 1.0, 2.0, 4.0)
SIGMAS = (2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)


class File:
    """One series with its rows' instants (s), values and labelled windows (rows)."""

    def __init__(self, folder: Path, name: str, windows: list[list[str]]) -> None:
        self.name = name
        with gzip.open(folder / f"{name}.gz", "rt") as text:
            rows = list(csv.DictReader(text))
        self.at_s: Numbers = np.array([_seconds(row["timestamp"]) for row in rows])
        self.values: Numbers = np.array([float(row["value"]) for row in rows])
        instants = pa.array((self.at_s * 1e6).astype(np.int64)).cast(pa.timestamp("us", "UTC"))
        self.table = pa.table({"timestamp": instants, "value": self.values})
        self.windows = [
            (
                int(np.searchsorted(self.at_s, _seconds(start), "left")),
                int(np.searchsorted(self.at_s, _seconds(end), "right")) - 1,
            )
            for start, end in windows
        ]

    def scored(self, rows: list[int], weights: Weights = STANDARD) -> Scored:
        return score(len(self.at_s), rows, self.windows, weights)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def ours(file: File, false_alarms: float = 1.0) -> list[int]:
    """Rows at which an alarm is raised: the last row of the bucket that raised it."""
    watched = judged(file.table, file.name, OPTIONS, false_alarms)
    start_s: list[float] = watched.series.start_s.tolist()
    ends_s = [start_s[place] + watched.kpi.every_s for place, _ in watched.raised()]
    return [int(np.searchsorted(file.at_s, end_s, "left")) - 1 for end_s in ends_s]


def sigmas(file: File, k: float) -> list[int]:
    """Rows at which the value begins to lie beyond k standard deviations of the 28 days before."""
    sums = np.cumsum(np.concatenate([[0.0], file.values]))
    squares = np.cumsum(np.concatenate([[0.0], file.values**2]))
    end = np.arange(len(file.at_s))
    start = np.searchsorted(file.at_s, file.at_s - PAST_DAYS * 86400)
    n = np.maximum(end - start, 1)
    mean = (sums[end] - sums[start]) / n
    spread: Numbers = np.sqrt(np.maximum((squares[end] - squares[start]) / n - mean**2, 1e-18))
    beyond = np.abs(file.values - mean) / spread / k
    beyond[file.at_s < file.at_s[0] + 2 * 86400] = 0.0
    return [burst.first for burst in bursts(beyond, file.at_s, QUIET_S)]


def total(files: list[File], detect: Callable[[File], list[int]], weights: Weights) -> float:
    return normalised([file.scored(detect(file), weights) for file in files], weights)


def main() -> None:
    parser = argparse.ArgumentParser()
    default = os.environ.get("NAB_DATA", ROOT.parent / "shared" / "data" / "nab")
    parser.add_argument("--data", type=Path, default=default)
    folder = Path(parser.parse_args().data)
    if not (folder / "windows.json").exists():
        print(f"skipped: the benchmark's files are not in {folder}; give --data or NAB_DATA")
        return
    labelled = json.loads((folder / "windows.json").read_text())
    files = [File(folder, name, windows) for name, windows in labelled.items()]
    found = {file.name: ours(file) for file in files}
    scored = {file.name: file.scored(found[file.name]) for file in files}
    months = sum(float(file.at_s[-1] - file.at_s[0]) / 86400 / 30 for file in files)
    windows, hit = (sum(getattr(s, what) for s in scored.values()) for what in ("windows", "hit"))
    false = sum(s.false for s in scored.values())
    print(f"{len(files)} files, {windows} windows, {months:.1f} months")
    print(f"standard profile: {normalised(list(scored.values())):.1f}")
    print(f"{hit} windows hit, {false} alarms outside windows, {false / months:.1f} a month")
    for name, weights in (("few false alarms", FEW_FALSE), ("few missed", FEW_MISSED)):
        print(f"{name}: {total(files, lambda file: found[file.name], weights):.1f}")
    print("by folder (hit/windows, false, score):")
    folders = defaultdict[str, list[Scored]](list)
    for name, one in scored.items():
        folders[name.split("/")[0]].append(one)
    for name, some in folders.items():
        hits, of = sum(s.hit for s in some), sum(s.windows for s in some)
        value = f"{normalised(some):.1f}" if of else "no windows"
        print(f"  {name:24s} {hits}/{of}  {sum(s.false for s in some):3d}  {value}")
    for name, one in scored.items():
        print(f"    {name:56s} {one.hit}/{one.windows} {one.false:3d} {one.raw:6.2f}")
    print("by budget (false alarms a month: score):")
    for budget in BUDGETS:
        print(f"  {budget:g}: {total(files, lambda file, b=budget: ours(file, b), STANDARD):.1f}")
    print("k sigma of the 28 days before, each beginning one detection (k: score):")
    for k in SIGMAS:
        print(f"  {k:g}: {total(files, lambda file, k=k: sigmas(file, k), STANDARD):.1f}")


if __name__ == "__main__":
    main()

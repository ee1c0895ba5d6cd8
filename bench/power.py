"""Power: how many injected faults are found, beside rivals at an equal rate of false alarms.

    python bench/power.py [--work DIR] [--repeats N]

Windows of real flights (`flights.py`) with one fault each; it is found if anything alarms.
"Stated" is ours as it is, with a budget of a page and a ticket in 20 looks, which it stays far
below.  For the rest every tool is moved to one measured rate: rivals' limits, and our budget, are
such that one in ten healthy windows of the size alarms, each rule of a rival with an even part.
Rivals are Evidently's and NannyML's default rules; "by hand" is Evidently asked of every slice,
and told which column is at fault, which no user is.

Slow faults last for 30 windows after 30 healthy ones, at one false alarm in 150 looks: ours as
stated, rivals as measured.  Told is how many of the sequences were found and, of those, the median
number of windows until then.  Rivals look at each window alone.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing import Pool
from pathlib import Path
from statistics import median

import flights
import numpy as np
import pyarrow as pa
import rivals
from faults import FAULTS, SLOW
from numpy.random import Generator

from tocsin.detect.budget import Budget
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import Verdict
from tocsin.profile.window import Window

SIZES = (500, 5_000, 50_000)
REFERENCES, HEALTHY = 3, 100
"""References, and healthy windows of each and each size, on which rivals are calibrated."""
LOOKS = 20
BUDGET = Budget(1.0, LOOKS)
RATE = 0.1
"""Healthy windows that alarm, measured."""
FACTORS = (1, 3, 10, 30, 100, 300, 1000)
"""What our budget is multiplied by, to find that rate."""
SLOW_LOOKS, SLOW_HEALTHY = 300, 600
"""A page and a ticket in so many looks; healthy windows on which rivals are moved to that."""
BEFORE, AFTER, SEQUENCES = 30, 30, 4
SYSTEM = replace(flights.SYSTEM, protected=("origin", "part_of_day"))
Loud = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Told:
    """The rivals' rules for windows of one size, calibrated on healthy ones."""

    usual: rivals.Columns
    nannyml: rivals.Nannyml | None
    limits: dict[str, dict[str, float]]
    """By rival, of each rule: what healthy windows exceed as rarely as they may."""

    @classmethod
    def of(cls, usual: rivals.Columns, size: int, healthy: list[rivals.Columns]) -> "Told":
        """Calibrate."""
        fresh = cls(usual, rivals.Nannyml.of(usual, size), {})
        for column in dict.fromkeys(column for column, _ in FAULTS.values()):
            seen = [fresh.loud(one, column) for one in healthy]
            for rival in seen[0]:
                rules = list(seen[0][rival])
                level = 1 - RATE / len(rules)
                fresh.limits[f"{rival} {column}"] = {
                    rule: float(np.quantile([one[rival].get(rule, 0.0) for one in seen], level))
                    for rule in rules
                }
        return fresh

    def loud(self, now: rivals.Columns, column: str) -> dict[str, Loud]:
        """Return how loud each rule of each rival is."""
        missing_, accuracy = _missing(self.usual, now), _accuracy(self.usual, now)
        found: dict[str, Loud] = {
            "Evidently": {
                "drift": max(rivals.evidently_drift(self.usual, now).values()),
                "missing": missing_,
                "accuracy": accuracy,
            }
        }
        parts, own = dict(self.usual.only(column).sliced()), dict(now.only(column).sliced())
        both = [(parts[k], own[k]) for k in own if k in parts and len(own[k].right) >= 30]
        found["by hand"] = {
            "drift": max(
                (max(rivals.evidently_drift(a, b).values(), default=0.0) for a, b in both),
                default=0.0,
            ),
            "missing": max((_missing(a, b) for a, b in both), default=0.0),
            "accuracy": max((_accuracy(a, b) for a, b in both), default=0.0),
        }
        if self.nannyml is not None:
            found["NannyML"] = {
                "drift": max(self.nannyml.drift(now).values()),
                "missing": missing_,
                "accuracy": self.nannyml.performance(now),
            }
        return found

    def alarms(self, now: rivals.Columns, column: str) -> Iterator[tuple[str, bool]]:
        """Yield whether each rival alarms at the equal rate."""
        for rival, rules in self.loud(now, column).items():
            limits = self.limits[f"{rival} {column}"]
            yield rival, any(value > limits[rule] for rule, value in rules.items())


def _missing(usual: rivals.Columns, now: rivals.Columns) -> float:
    return max(abs(one.there.mean() - now.raw[k].there.mean()) for k, one in usual.raw.items())


def _accuracy(usual: rivals.Columns, now: rivals.Columns) -> float:
    """Return how far accuracy moved, in standard errors."""
    return _standard(float(usual.right.mean()), float(now.right.mean()), len(now.right))


def _standard(p: float, q: float, n: int) -> float:
    return abs(p - q) / np.sqrt(max(p * (1 - p), 1e-9) / n)


_given: list[tuple[flights.Healthy, rivals.Columns, int]] = []


def main() -> None:
    """Calibrate, inject, count, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path)
    parser.add_argument("--repeats", type=int, default=36, help="windows of each fault and size")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        flown = flights.load(given.work or Path(made))
    jobs = [(number, size) for size in given.sizes for number in range(REFERENCES)]
    each = -(-given.repeats // REFERENCES)
    found: dict[tuple[str, int, str], list[bool]] = {}
    slow: dict[tuple[str, int, str], list[int | None]] = {}
    with Pool(2, _begin, (flown, each)) as pool:
        for k, (fast_part, slow_part) in enumerate(pool.imap_unordered(_job, jobs), start=1):
            for key, some in fast_part.items():
                found.setdefault(key, []).extend(some)
            for key, waits in slow_part.items():
                slow.setdefault(key, []).extend(waits)
            print(f"{k} of {len(jobs)} parts", flush=True)
    _print(found, slow, given.sizes)


def _begin(flown: pa.Table, each: int) -> None:
    _given.append((flights.Healthy.of(flown), flights.columns(flown), each))


Found = dict[tuple[str, int, str], list[bool]]
Waits = dict[tuple[str, int, str], list[int | None]]


def _job(job: tuple[int, int]) -> tuple[Found, Waits]:
    """Return what is found in windows of one size, against one reference."""
    (healthy, columns, each), (number, size) = _given[0], job
    rng = np.random.default_rng([20261127, number, size])
    rows = healthy.rows(flights.REFERENCE, rng)
    watched, usual = flights.Watched.of(healthy.flights.take(rows)), columns.take(rows)
    calm = [columns.take(healthy.rows(size, rng)) for _ in range(HEALTHY)]
    told = Told.of(usual, size, calm)
    equal = _equal(watched, [watched.window(healthy.take(size, rng)) for _ in range(HEALTHY)])
    found: Found = {}
    for name, (column, fault) in {"nothing": ("distance", _nothing), **FAULTS}.items():
        for _ in range(each):
            flown = fault(healthy.take(size, rng), rng)
            now = watched.window(flown)
            for who, budget in (("stated", BUDGET), ("Tocsin", equal)):
                found.setdefault((name, size, who), []).append(_alarms(watched, now, budget))
            for rival, alarm in told.alarms(flights.columns(flown), column):
                found.setdefault((name, size, rival), []).append(alarm)
    slow: Waits = {}
    limits = _slow_limits(columns, usual, [healthy.rows(size, rng) for _ in range(SLOW_HEALTHY)])
    for name, course in SLOW.items():
        for _ in range(SEQUENCES):
            flown = [healthy.take(size, rng) for _ in range(BEFORE + AFTER)]
            flown[BEFORE:] = [course(k + 1)(one, rng) for k, one in enumerate(flown[BEFORE:])]
            for who, wait in _sequence(watched, usual, limits, flown).items():
                slow.setdefault((name, size, who), []).append(wait)
    return found, slow


def _equal(watched: flights.Watched, healthy: list[Window]) -> Budget:
    """Return our largest budget under which at most `RATE` of healthy windows alarm."""
    for factor in reversed(FACTORS):
        budget = Budget(float(factor), LOOKS)
        if np.mean([_alarms(watched, one, budget) for one in healthy]) <= RATE:
            return budget
    return BUDGET


def _nothing(rows: pa.Table, _: Generator) -> pa.Table:
    return rows


def _alarms(
    watched: flights.Watched, now: Window, budget: Budget, past: tuple[Window, ...] = ()
) -> bool:
    found = evaluate(now, watched.baseline, watched.spec, SYSTEM, budget, now=None, history=past)
    return any(one.verdict is Verdict.ALARM for one in found)


def _slow(usual: rivals.Columns, now: rivals.Columns) -> dict[str, float]:
    """Return how loud accuracy is: of everyone, and of the loudest slice."""
    was = usual.accuracies()
    each = [
        _standard(was[name][0], value, n)
        for name, (value, n) in now.accuracies().items()
        if n >= 30 and name in was
    ]
    return {"everyone": _accuracy(usual, now), "by hand": max(each, default=0.0)}


def _slow_limits(
    columns: rivals.Columns, usual: rivals.Columns, healthy: list[rivals.Rows]
) -> dict[str, float]:
    bare, was = columns.only(), usual.only()
    seen = [_slow(was, bare.take(rows)) for rows in healthy]
    level = 1 - 2 / SLOW_LOOKS
    return {who: float(np.quantile([one[who] for one in seen], level)) for who in seen[0]}


def _sequence(
    watched: flights.Watched,
    usual: rivals.Columns,
    limits: dict[str, float],
    flown: list[pa.Table],
) -> dict[str, int | None]:
    """Return after how many windows each alarmed first since the fault began; None: never."""
    waited: dict[str, int | None] = dict.fromkeys(("Tocsin", *limits))
    start, budget = flights.START + flights.REFERENCE_LASTS, Budget(1.0, SLOW_LOOKS)
    past: list[Window] = []
    for number, rows in enumerate(flown):
        now = watched.window(rows, start)
        start += flights.lasts(rows.num_rows)
        step = number + 1 - BEFORE
        if step > 0:
            if waited["Tocsin"] is None and _alarms(watched, now, budget, tuple(past[::-1])):
                waited["Tocsin"] = step
            for who, loud in _slow(usual.only(), flights.columns(rows, inputs=False)).items():
                if waited[who] is None and loud > limits[who]:
                    waited[who] = step
        past.append(now)
    return waited


def _print(found: Found, slow: Waits, sizes: Sequence[int]) -> None:
    who = ("stated", "Tocsin", "Evidently", "by hand", "NannyML")
    print(f"\nfound of windows with one fault; {RATE:.0%} of healthy windows alarm")
    heads = [f"{size:,} {name}" for size in sizes for name in who]
    print("| fault | " + " | ".join(heads) + " |")
    for name in ("nothing", *FAULTS):
        cells = [found.get((name, size, one), []) for size in sizes for one in who]
        print(f"| {name} | " + " | ".join(f"{np.mean(c):.2f}" if c else "–" for c in cells) + " |")
    print(f"\nslow faults: found within {AFTER} windows (median windows until then)")
    who = ("Tocsin", "everyone", "by hand")
    print("| fault | " + " | ".join(f"{size:,} {one}" for size in sizes for one in who) + " |")
    for name in SLOW:
        cells = [slow.get((name, size, one), []) for size in sizes for one in who]
        print(f"| {name} | " + " | ".join(_waits(cell) for cell in cells) + " |")


def _waits(cell: list[int | None]) -> str:
    told = [one for one in cell if one is not None]
    return f"{len(told)}/{len(cell)} ({median(told):.0f})" if told else f"0/{len(cell)}"


if __name__ == "__main__":
    main()

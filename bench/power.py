"""Power: how many injected faults are found, beside rivals at an equal rate of false alarms.

    python bench/power.py [--repeats N] [--sizes N...] [--processes P] [--work DIR]

Windows of real flights (`flights.py`) with one fault each; it is found if anything alarms.
"Stated" is ours as it is, with a budget of a page and a ticket in 20 looks, which it stays far
below.  For the rest every tool is moved to one measured rate: rivals' limits, and our budget, are
such that one in ten healthy windows of the size alarms, each rule of a rival with an even part.
The row "nothing" shows what is left of that in windows that were not seen before.
Rivals are Evidently's and NannyML's default rules; "by hand" is Evidently asked of every slice,
and told which column is at fault, which no user is.

Slow faults last for 30 windows after 30 healthy ones, at one false alarm in 150 looks: ours as
stated, rivals as measured.  Told is how many of the sequences were found and, of those, the median
number of windows until then.  Rivals look at each window alone.

It may be stopped at any time and goes on where it was (`progress.py`); each minute it prints what
it has seen so far.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any

import flights
import numpy as np
import pyarrow as pa
import rivals
from faults import FAULTS, SLOW, Fault
from numpy.random import Generator
from progress import WORK, Parts, one_thread

from tocsin.detect.budget import Budget
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import Verdict
from tocsin.profile.window import Window

SIZES = (500, 5_000, 50_000)
REFERENCES, HEALTHY = 3, 100
"""References, and healthy windows of each and each size, on which all are calibrated."""
LOOKS = 20
BUDGET = Budget(1.0, LOOKS)
RATE = 0.1
"""Healthy windows that alarm, measured."""
FACTORS = tuple(float(f"{10 ** (k / 8):.3g}") for k in range(29))
"""What our budget is multiplied by, to find that rate."""
SLOW_LOOKS, SLOW_HEALTHY = 300, 600
"""A page and a ticket in so many looks; healthy windows on which rivals are moved to that."""
BEFORE, AFTER, SEQUENCES = 30, 30, 4
SEED = 20261127
SYSTEM = replace(flights.SYSTEM, protected=("origin", "part_of_day"))
Loud = Mapping[str, float]
Slices = Mapping[str, tuple[rivals.Evidently, rivals.Columns]]


@dataclass(frozen=True, eq=False)
class Told:
    """The rivals' rules for windows of one size, calibrated on healthy ones."""

    usual: rivals.Columns
    evidently: rivals.Evidently
    nannyml: rivals.Nannyml | None
    slices: Mapping[str, Slices]
    """By the column that is at fault."""
    limits: dict[str, dict[str, float]]
    """By rival, of each rule: what healthy windows exceed as rarely as they may."""

    @classmethod
    def of(cls, usual: rivals.Columns, size: int, healthy: list[rivals.Columns]) -> "Told":
        """Calibrate."""
        slices: dict[str, Slices] = {
            column: {
                name: (rivals.Evidently.of(part), part)
                for name, part in usual.only(column).sliced()
            }
            for column in dict.fromkeys(column for column, _ in FAULTS.values())
        }
        rivals.assert_same(usual, healthy[0])
        fresh = cls(usual, rivals.Evidently.of(usual), rivals.Nannyml.of(usual, size), slices, {})
        told = [
            fresh.whole(one) | {f"by hand {k}": fresh.by_hand(one, k) for k in slices}
            for one in healthy
        ]
        for rival, rules in told[0].items():
            level = 1 - RATE / len(rules)
            fresh.limits[rival] = {
                rule: float(np.quantile([one[rival][rule] for one in told], level))
                for rule in rules
            }
        return fresh

    def whole(self, now: rivals.Columns) -> dict[str, Loud]:
        """Return how loud each rule of each rival is that looks at everyone."""
        shared = {"missing": _missing(self.usual, now), "accuracy": _accuracy(self.usual, now)}
        found: dict[str, Loud] = {
            "Evidently": {"drift": max(self.evidently.drift(now).values()), **shared}
        }
        if self.nannyml is not None:
            drift = max(self.nannyml.drift(now).values())
            found["NannyML"] = shared | {
                "drift": drift,
                "accuracy": self.nannyml.performance(now),
            }
        return found

    def by_hand(self, now: rivals.Columns, column: str) -> Loud:
        """Return how loud Evidently's rules are of the loudest slice."""
        own, was = dict(now.only(column).sliced()), self.slices[column]
        both = [(*was[k], own[k]) for k in own if k in was and len(own[k].right) >= 30]
        return {
            "drift": max(
                (max(rule.drift(one).values(), default=0.0) for rule, _, one in both), default=0.0
            ),
            "missing": max((_missing(part, one) for _, part, one in both), default=0.0),
            "accuracy": max((_accuracy(part, one) for _, part, one in both), default=0.0),
        }

    def alarms(self, now: rivals.Columns, column: str) -> Iterator[tuple[str, bool]]:
        """Yield whether each rival alarms at the equal rate."""
        by_hand = f"by hand {column}"
        for rival, rules in {**self.whole(now), by_hand: self.by_hand(now, column)}.items():
            limits = self.limits[rival]
            alarm = any(value > limits[rule] for rule, value in rules.items())
            yield "by hand" if rival == by_hand else rival, alarm


def _missing(usual: rivals.Columns, now: rivals.Columns) -> float:
    return max(abs(one.there.mean() - now.raw[k].there.mean()) for k, one in usual.raw.items())


def _accuracy(usual: rivals.Columns, now: rivals.Columns) -> float:
    """Return how far accuracy moved, in standard errors."""
    return _standard(float(usual.right.mean()), float(now.right.mean()), len(now.right))


def _standard(p: float, q: float, n: int) -> float:
    return abs(p - q) / np.sqrt(max(p * (1 - p), 1e-9) / n)


_given: list[flights.Healthy] = []


def main() -> None:
    """Calibrate, inject, count, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--repeats", type=int, default=36, help="windows of each fault and size")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    each = -(-given.repeats // REFERENCES)
    parts = Parts(given.work, "power", [each])
    names = [
        f"{number} {size} {each} {name}"
        for size in given.sizes
        for number in range(REFERENCES)
        for name in (*_FAULTS, *SLOW)
    ]
    parts.run(
        names,
        _part,
        lambda: _print(parts.done, given.sizes),
        processes=given.processes,
        begin=_begin,
        given=(given.work,),
    )


def _begin(work: Path) -> None:
    one_thread()
    _given.append(flights.Healthy.of(flights.load(work)))


def _nothing(rows: pa.Table, _: Generator) -> pa.Table:
    return rows


_FAULTS: dict[str, tuple[str, Fault]] = {"nothing": ("distance", _nothing), **FAULTS}


@dataclass(frozen=True, eq=False)
class _Known:
    """What all tools know of one reference, and their limits for windows of one size."""

    watched: flights.Watched
    lake: pa.Table
    columns: rivals.Columns
    told: Told
    equal: Budget
    slow: Mapping[str, float]


@lru_cache(maxsize=1)
def _columns() -> rivals.Columns:
    return flights.columns(_given[0].flights)


@lru_cache(maxsize=2)
def _known(number: int, size: int) -> _Known:
    healthy, columns = _given[0], _columns()
    rng = np.random.default_rng([SEED, number, size])
    rows = healthy.rows(flights.REFERENCE, rng)
    watched, usual = flights.Watched.of(healthy.flights.take(rows)), columns.take(rows)
    lake = watched.lake(healthy.flights)
    calm = [healthy.rows(size, rng) for _ in range(HEALTHY)]
    return _Known(
        watched,
        lake,
        columns,
        Told.of(usual, size, [columns.take(rows) for rows in calm]),
        _equal(watched, [watched.drawn(lake, rows) for rows in calm]),
        _slow_limits(columns, usual, [healthy.rows(size, rng) for _ in range(SLOW_HEALTHY)]),
    )


def _part(part: str) -> tuple[str, object]:
    """Return what each tool says of the windows of one fault, size and reference."""
    number, size, each, name = part.split(" ", 3)
    known = _known(int(number), int(size))
    place = [*_FAULTS, *SLOW].index(name)
    rng = np.random.default_rng([SEED, int(number), int(size), place])
    if name in SLOW:
        waits = [_sequence(known, int(size), SLOW[name], rng) for _ in range(SEQUENCES)]
        return part, {who: [one[who] for one in waits] for who in waits[0]}
    found: dict[str, list[object]] = {}
    column, fault = _FAULTS[name]
    for _ in range(int(each)):
        flown = fault(_given[0].take(int(size), rng), rng)
        now = known.watched.window(flown)
        ours = _alarms(known.watched, now, known.equal)
        # a smaller budget alarms in no window in which a larger one does not
        stated = ours and _alarms(known.watched, now, BUDGET)
        said = dict(known.told.alarms(flights.columns(flown), column))
        for who, alarm in {"stated": stated, "Tocsin": ours, **said}.items():
            found.setdefault(who, []).append(bool(alarm))
    return part, {"budget": [known.equal.false_pages_per_month], **found}


def _equal(watched: flights.Watched, healthy: list[Window]) -> Budget:
    """Return our largest budget under which at most `RATE` of healthy windows alarm."""
    low, high = 0, len(FACTORS) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if _kept(watched, healthy, Budget(FACTORS[middle], LOOKS)):
            low = middle
        else:
            high = middle - 1
    return Budget(FACTORS[low], LOOKS)


def _kept(watched: flights.Watched, healthy: list[Window], budget: Budget) -> bool:
    alarms, most = 0, RATE * len(healthy)
    for one in healthy:
        alarms += _alarms(watched, one, budget)
        if alarms > most:
            return False
    return True


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
    known: _Known, size: int, course: Callable[[int], Fault], rng: Generator
) -> dict[str, int | None]:
    """Return after how many windows each alarmed first since the fault began; None: never."""
    healthy, watched = _given[0], known.watched
    waited: dict[str, int | None] = dict.fromkeys(("Tocsin", *known.slow))
    start, budget = flights.START + flights.REFERENCE_LASTS, Budget(1.0, SLOW_LOOKS)
    past: list[Window] = []
    for number in range(BEFORE + AFTER):
        step, rows = number + 1 - BEFORE, healthy.rows(size, rng)
        if step <= 0:
            past.append(watched.drawn(known.lake, rows, start))
        else:
            flown = course(step)(healthy.flights.take(rows), rng)
            now = watched.window(flown, start)
            if waited["Tocsin"] is None and _alarms(watched, now, budget, tuple(past[::-1])):
                waited["Tocsin"] = step
            loud = _slow(known.told.usual.only(), flights.columns(flown, inputs=False))
            for who, value in loud.items():
                if waited[who] is None and value > known.slow[who]:
                    waited[who] = step
            past.append(now)
        start += flights.lasts(size)
        if None not in waited.values():
            break
    return waited


def _print(done: Mapping[str, Mapping[str, Any]], sizes: Sequence[int]) -> None:
    found: dict[tuple[str, int, str], list[Any]] = {}
    for part, told in done.items():
        _, size, _, name = part.split(" ", 3)
        for who_, some in told.items():
            found.setdefault((name, int(size), who_), []).extend(some)
    who = ("stated", "Tocsin", "Evidently", "by hand", "NannyML")
    print(f"\nfound of windows with one fault; {RATE:.0%} of healthy windows alarm")
    for size in sizes:
        budgets = ", ".join(
            f"{one:g}" for one in sorted(set(found.get(("nothing", size, "budget"), [])))
        )
        print(f"{size:,} rows: ours with {budgets} times the stated budget")
    heads = [f"{size:,} {name}" for size in sizes for name in who]
    print("| fault | n | " + " | ".join(heads) + " |")
    for name in _FAULTS:
        cells = [found.get((name, size, one), []) for size in sizes for one in who]
        shares = " | ".join(f"{np.mean(c):.2f}" if c else "–" for c in cells)
        print(f"| {name} | {max(map(len, cells))} | {shares} |")
    print(f"\nslow faults: found within {AFTER} windows (median windows until then)")
    who = ("Tocsin", "everyone", "by hand")
    print("| fault | " + " | ".join(f"{size:,} {one}" for size in sizes for one in who) + " |")
    for name in SLOW:
        cells = [found.get((name, size, one), []) for size in sizes for one in who]
        print(f"| {name} | " + " | ".join(_waits(cell) for cell in cells) + " |")


def _waits(cell: list[int | None]) -> str:
    told = [one for one in cell if one is not None]
    return f"{len(told)}/{len(cell)} ({median(told):.0f})" if told else f"0/{len(cell)}"


if __name__ == "__main__":
    main()

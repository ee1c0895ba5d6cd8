"""False alarms on healthy data: what is stated, what is kept, and what rivals' defaults do.

    python bench/false_alarms.py [--windows N] [--ours] [--processes P] [--work DIR]

Windows of 100 to 100,000 flights (`flights.py`): 30 inputs, 60 slices, a real wobble of weather and
traffic, blocks drawn anew, so nothing ever changes.  Ten references of 60,000.  The budget is one
false page, and one false ticket, in 20 looks over all monitors together: far more than anybody
would accept, so that keeping it can be seen.  A window alone cannot show what lasts, so the parts
of the budget in play are those of the window's tests and of the search.

Rivals' defaults look at every column of every window, and at every column of every slice of at
least 30 rows in the first windows of each reference and size; `--ours` leaves rivals out, whose
figures depend on nothing of ours.

It may be stopped at any time and goes on where it was (`progress.py`); each minute it prints what
it has seen so far.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import flights
import numpy as np
import pyarrow as pa
import rivals
from progress import WORK, Parts, one_thread
from scipy import stats

from tocsin.detect.budget import SEARCH, WINDOW, Budget
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import Level, Verdict
from tocsin.profile.window import Window

SIZES = {100: 0.4, 1_000: 0.3, 10_000: 0.25, 100_000: 0.05}
"""Rows of a window, and their share of all windows."""
REFERENCES = 10
LOOKS = 20
BUDGET = Budget(1.0, LOOKS)
AT_ONCE = 50
"""Windows of a part."""
ASKED_SLICES = 10
"""Windows of each reference and size that rivals look at slice by slice."""


@dataclass
class Seen:
    """What was said of windows of one size."""

    windows: int = 0
    pages: int = 0
    tickets: int = 0
    what: Counter[str] = field(default_factory=Counter[str])
    rivals: Counter[str] = field(default_factory=Counter[str])
    """How many of `asked` windows each rule alarmed in."""
    asked: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    def of(cls, found: Mapping[str, object]) -> "Seen":
        """Return what another process saw."""
        return cls(**{k: Counter(v) if isinstance(v, dict) else v for k, v in found.items()})  # pyright: ignore[reportArgumentType, reportUnknownArgumentType]

    def add(self, other: "Seen") -> None:
        """Add what was seen of other windows."""
        self.windows += other.windows
        self.pages += other.pages
        self.tickets += other.tickets
        for mine, theirs in (
            (self.what, other.what),
            (self.rivals, other.rivals),
            (self.asked, other.asked),
        ):
            mine.update(theirs)


def main() -> None:
    """Draw, judge, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--windows", type=int, default=10_000)
    parser.add_argument("--ours", action="store_true", help="leave rivals out")
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    parts = Parts(given.work, "false_alarms", [given.windows, given.ours])
    parts.run(
        _names(given.windows, rivals_too=not given.ours),
        _part,
        lambda: _print(parts.done),
        processes=given.processes,
        begin=_begin,
        given=(given.work,),
    )


def _names(windows: int, *, rivals_too: bool) -> list[str]:
    """Return the parts: a reference, a size, the first window, how many, whether with rivals."""
    found: list[tuple[int, int, int, int, int]] = []
    for number in range(REFERENCES):
        for size, share in SIZES.items():
            count = round(share * windows / REFERENCES)
            found += [
                (number, size, first, min(AT_ONCE, count - first), int(rivals_too))
                for first in range(0, count, AT_ONCE)
            ]
    # the first part of every reference and size comes first, so that interim figures tell of all
    return [" ".join(map(str, one)) for one in sorted(found, key=lambda one: (one[2], one[0]))]


_given: list[flights.Healthy] = []


def _begin(work: Path) -> None:
    one_thread()
    _given.append(flights.Healthy.of(flights.load(work)))


@dataclass(frozen=True, eq=False)
class _Reference:
    """One reference as Tocsin and rivals know it."""

    watched: flights.Watched
    lake: pa.Table
    columns: rivals.Columns
    usual: rivals.Columns
    evidently: rivals.Evidently
    slices: Mapping[str, rivals.Evidently]


@lru_cache(maxsize=1)
def _columns() -> rivals.Columns:
    return flights.columns(_given[0].flights)


@lru_cache(maxsize=REFERENCES)
def _reference(number: int) -> _Reference:
    healthy = _given[0]
    rows = healthy.rows(flights.REFERENCE, np.random.default_rng([20261126, number]))
    watched, usual = flights.Watched.of(healthy.flights.take(rows)), _columns().take(rows)
    rivals.assert_same(usual, usual.take(np.arange(1000)))
    return _Reference(
        watched,
        watched.lake(healthy.flights),
        _columns(),
        usual,
        rivals.Evidently.of(usual),
        {name: rivals.Evidently.of(part) for name, part in usual.sliced()},
    )


def _part(name: str) -> tuple[str, object]:
    """Return what is said of some windows of one size and reference."""
    number, size, first, count, rivals_too = map(int, name.split())
    known, seen = _reference(number), Seen()
    rule = rivals.Nannyml.of(known.usual, size) if rivals_too else None
    for k in range(first, first + count):
        rows = _given[0].rows(size, np.random.default_rng([20261126, number, size, k]))
        _judge(seen, known.watched, known.watched.drawn(known.lake, rows))
        if not rivals_too:
            continue
        for rule_name, alarm in _asked(known, rule, known.columns.take(rows), k < ASKED_SLICES):
            seen.asked[rule_name] += 1
            seen.rivals[rule_name] += alarm
    return name, vars(seen)


def _judge(seen: Seen, watched: flights.Watched, now: Window) -> None:
    found = evaluate(now, watched.baseline, watched.spec, flights.SYSTEM, BUDGET, now=None)
    alarms = [one for one in found if one.verdict is Verdict.ALARM]
    pages = [one for one in alarms if one.level is Level.PAGE]
    seen.windows += 1
    seen.pages += bool(pages)
    seen.tickets += len(alarms) > len(pages)
    seen.what.update(f"{one.level.value} {one.measure} {one.method}" for one in alarms)


def _asked(
    known: _Reference,
    rule: rivals.Nannyml | None,
    now: rivals.Columns,
    slices: bool,
) -> Iterator[tuple[str, bool]]:
    loud = known.evidently.drift(now)
    yield "Evidently: any column drifted", max(loud.values()) >= 1
    drifted = sum(one >= 1 for one in loud.values()) / len(loud)
    yield "Evidently: half of the columns (dataset drift)", drifted >= 0.5
    if rule is not None:
        yield "NannyML: any column drifted", max(rule.drift(now).values()) > 1
        yield "NannyML: realised accuracy", rule.performance(now) > 1
    if slices:
        louder = [
            max(known.slices[name].drift(part).values())
            for name, part in now.sliced()
            if len(part.right) >= 30 and name in known.slices
        ]
        if louder:
            yield "Evidently: any column of any slice", max(louder) >= 1


def _print(done: Mapping[str, Mapping[str, object]]) -> None:
    found = {size: Seen() for size in SIZES}
    for name, part in done.items():
        found[int(name.split()[1])].add(Seen.of(part))
    stated = (WINDOW + SEARCH) / LOOKS
    print(f"\nstated: pages in at most {stated:.2%} of windows, tickets in {WINDOW / LOOKS:.2%}")
    print(f"{'rows':>8} {'windows':>8} {'with a page':>20} {'with a ticket':>20}")
    for size, seen in found.items():
        pages, tickets = _share(seen.pages, seen.windows), _share(seen.tickets, seen.windows)
        print(f"{size:8,} {seen.windows:8,} {pages:>20} {tickets:>20}   {dict(seen.what)}")
        for who, said in (("pages", seen.pages), ("tickets", seen.tickets)):
            rate = stated if who == "pages" else WINDOW / LOOKS
            if _least(said, seen.windows) > rate:
                print(f"{'':8} {who} are more than stated, surely")
    for rule in dict.fromkeys(name for seen in found.values() for name in seen.asked):
        said = [
            f"{size:,}: {_share(seen.rivals[rule], seen.asked[rule])}"
            for size, seen in found.items()
            if seen.asked[rule]
        ]
        print(f"{rule}\n    " + "; ".join(said))


def _least(k: int, n: int) -> float:
    """Return the lower end of the 95 % interval of a share."""
    return float(stats.beta.ppf(0.025, k, n - k + 1)) if k else 0.0


def _share(k: int, n: int) -> str:
    """Return a share and the upper end of its 95 % interval (Clopper-Pearson)."""
    high = float(stats.beta.ppf(0.975, k + 1, max(n - k, 1e-9)))
    return f"{k:,} ({k / max(n, 1):.2%}, <{high:.2%})"


if __name__ == "__main__":
    main()

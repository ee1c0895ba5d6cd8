"""False alarms on healthy data: what is stated, what is kept, and what rivals' defaults do.

    python bench/false_alarms.py [--work DIR] [--windows N]

Windows of 100 to 100,000 flights (`flights.py`): 30 inputs, 60 slices, a real wobble of weather and
traffic, blocks drawn anew, so nothing ever changes.  Ten references of 60,000.  The budget is one
false page, and one false ticket, in 20 looks over all monitors together: far more than anybody
would accept, so that keeping it can be seen.  A window alone cannot show what lasts, so the parts
of the budget in play are those of the window's tests and of the search.

Rivals' defaults look at the first windows of each size: every column, and every column of every
slice of at least 30 rows.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import Pool
from pathlib import Path

import flights
import numpy as np
import pyarrow as pa
import rivals
from scipy import stats

from tocsin.detect.budget import SEARCH, WINDOW, Budget
from tocsin.detect.evaluate import evaluate
from tocsin.detect.finding import Level, Verdict

SIZES = {100: 0.4, 1_000: 0.3, 10_000: 0.25, 100_000: 0.05}
"""Rows of a window, and their share of all windows."""
REFERENCES = 10
LOOKS = 20
BUDGET = Budget(1.0, LOOKS)
ASKED, ASKED_SLICES = 10, 2
"""Windows of each reference and size that rivals look at, and look at slice by slice."""


_given: list["_Given"] = []


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

    def add(self, other: "Seen") -> None:
        """Add what another process saw."""
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
    parser.add_argument("--work", type=Path)
    parser.add_argument("--windows", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        flown = flights.load(given.work or Path(made))
    found = {size: Seen() for size in SIZES}
    with Pool(2, _begin, (flown, given.windows)) as pool:
        for number, part in enumerate(pool.imap_unordered(_reference, range(REFERENCES)), start=1):
            for size, seen in part.items():
                found[size].add(seen)
            print(f"{number} of {REFERENCES} references", flush=True)
    _print(found)


@dataclass(frozen=True, eq=False)
class _Given:
    """What both processes have."""

    healthy: flights.Healthy
    columns: rivals.Columns
    windows: int


def _begin(flown: pa.Table, windows: int) -> None:
    _given.append(_Given(flights.Healthy.of(flown), flights.columns(flown), windows))


def _reference(number: int) -> dict[int, Seen]:
    """Return what is said of all windows of one reference."""
    given = _given[0]
    healthy, columns = given.healthy, given.columns
    rng = np.random.default_rng([20261126, number])
    rows = healthy.rows(flights.REFERENCE, rng)
    watched = flights.Watched.of(healthy.flights.take(rows))
    usual = columns.take(rows)
    found: dict[int, Seen] = {}
    for size, share in SIZES.items():
        seen = found[size] = Seen()
        rule = rivals.Nannyml.of(usual, size)
        for k in range(round(share * given.windows / REFERENCES)):
            now = healthy.rows(size, rng)
            _judge(seen, watched, healthy.flights.take(now))
            if k < ASKED:
                for name, alarm in _asked(usual, rule, columns.take(now), slices=k < ASKED_SLICES):
                    seen.asked[name] += 1
                    seen.rivals[name] += alarm
    return found


def _judge(seen: Seen, watched: flights.Watched, rows: pa.Table) -> None:
    found = evaluate(
        watched.window(rows), watched.baseline, watched.spec, flights.SYSTEM, BUDGET, now=None
    )
    alarms = [one for one in found if one.verdict is Verdict.ALARM]
    pages = [one for one in alarms if one.level is Level.PAGE]
    seen.windows += 1
    seen.pages += bool(pages)
    seen.tickets += len(alarms) > len(pages)
    seen.what.update(f"{one.level.value} {one.measure} {one.method}" for one in alarms)


def _asked(
    usual: rivals.Columns, rule: rivals.Nannyml | None, now: rivals.Columns, *, slices: bool
) -> Iterator[tuple[str, bool]]:
    loud = rivals.evidently_drift(usual, now)
    yield "Evidently: any column drifted", max(loud.values()) >= 1
    drifted = sum(one >= 1 for one in loud.values()) / len(loud)
    yield "Evidently: half of the columns (dataset drift)", drifted >= 0.5
    if rule is not None:
        yield "NannyML: any column drifted", max(rule.drift(now).values()) > 1
        yield "NannyML: realised accuracy", rule.performance(now) > 1
    if slices:
        parts = dict(usual.sliced())
        louder = [
            max(rivals.evidently_drift(parts[name], part).values())
            for name, part in now.sliced()
            if len(part.right) >= 30 and name in parts
        ]
        if louder:
            yield "Evidently: any column of any slice", max(louder) >= 1


def _print(found: dict[int, Seen]) -> None:
    stated = (WINDOW + SEARCH) / LOOKS
    print(f"\nstated: pages in at most {stated:.2%} of windows, tickets in {WINDOW / LOOKS:.2%}")
    print(f"{'rows':>8} {'windows':>8} {'with a page':>20} {'with a ticket':>20}")
    for size, seen in found.items():
        pages, tickets = _share(seen.pages, seen.windows), _share(seen.tickets, seen.windows)
        print(f"{size:8,} {seen.windows:8,} {pages:>20} {tickets:>20}   {dict(seen.what)}")
    for rule in dict.fromkeys(name for seen in found.values() for name in seen.asked):
        said = [
            f"{size:,}: {_share(seen.rivals[rule], seen.asked[rule])}"
            for size, seen in found.items()
            if seen.asked[rule]
        ]
        print(f"{rule}\n    " + "; ".join(said))


def _share(k: int, n: int) -> str:
    """Return a share and the upper end of its 95 % interval (Clopper-Pearson)."""
    high = float(stats.beta.ppf(0.975, k + 1, max(n - k, 1e-9)))
    return f"{k:,} ({k / max(n, 1):.2%}, <{high:.2%})"


if __name__ == "__main__":
    main()

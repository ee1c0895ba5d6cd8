"""Tables that others published, reproduced: the published number, ours, and how far apart.

    TOCSIN_D3BENCH=<folder with occupacy_data.csv.gz> python bench/tables.py

Without the folder the D3Bench part is left out and the command says so; nothing is timed here.
"""

import random

import occupancy

from tocsin.detect import river
from tocsin.detect.fairlearn import To, difference, ratio
from tocsin.detect.groups import Group, fpr, selection_rate, tpr


def d3bench() -> None:
    """Print the drift scores of the occupancy data beside ours."""
    print("\nD3Bench occupancy, 16,091 rows against 30,464 (arXiv 2404.18673)")
    here = occupancy.folder()
    if here is None:
        print("  left out: set TOCSIN_D3BENCH to the folder that holds occupacy_data.csv.gz")
        return
    columns, worst = occupancy.columns(here), 0.0
    for method, published in occupancy.PUBLISHED.items():
        for column, theirs in zip(occupancy.COLUMNS, published, strict=False):
            said = occupancy.ours(method, *columns[column])
            worst = max(worst, abs(said - theirs))
            print(f"  {method:28} {column:12} {theirs:<22.17g} {said:<22.17g} {said - theirs:9.1e}")
    print(f"  largest difference {worst:.1e}")


def doctests() -> None:
    """Print the alarms of River's documented examples beside ours."""
    print("\nRiver's examples: 1,000 of {0, 1}, then 1,000 of {4 .. 7}")
    rng = random.Random(12345)
    stream = rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000)
    for name, detector, theirs in (
        ("ADWIN", river.Adwin(), [1023]),
        ("PageHinkley", river.PageHinkley(), [1006]),
        ("KSWIN(alpha=1e-4)", river.Kswin(42, alpha=1e-4), [1016]),
    ):
        print(f"  {name:20} {theirs!s:10} {river.alarms(detector, stream)}")


def guide() -> None:
    """Print the numbers of Fairlearn's user guide beside ours."""
    print("\nFairlearn's user guide, 18 decisions in groups a, b, c")
    groups = [
        Group(n=4, selected=3, tp=1, fn=1, fp=2, tn=0),
        Group(n=6, selected=3, tp=3, fn=2, fp=0, tn=1),
        Group(n=8, selected=4, tp=2, fn=3, fp=2, tn=1),
    ]
    for name, rate, by_group, apart, overall in (
        ("tpr", tpr, (0.5, 0.6, 0.4), 0.2, 0.1),
        ("fpr", fpr, (1.0, 0.0, 0.666667), 1.0, 0.666667),
        ("selection rate", selection_rate, (0.75, 0.5, 0.5), 0.25, 0.194444),
    ):
        ours = tuple(round(rate(group), 6) for group in groups)
        print(
            f"  {name:15} by group {by_group} {ours}; difference {apart} "
            f"{difference(groups, rate):.6g}; to overall {overall} "
            f"{difference(groups, rate, To.OVERALL):.6f}"
        )
    print(f"  ratio of tpr    0.666667 {ratio(groups, tpr):.6f}")


if __name__ == "__main__":
    d3bench()
    doctests()
    guide()

"""AIF360's published formulas, written out over rows in plain Python, beside ours from counts.

The package itself (0.6.1) was asked once, on 1,000 tables: 22,000 numbers, 3.6e-15 at most apart.
"""

import math
from collections.abc import Sequence

import pytest

from tests.detect.tables import tables
from tocsin.detect.aif360 import between_group_entropy, disparities, inequality, smoothed_edf
from tocsin.detect.groups import Group

Rows = Sequence[tuple[int, int, int]]
"""(group, truth, answer) of each decision."""
NAN = float("nan")


TRUTH, ANSWER = 1, 2
Fact = tuple[int, int]
"""A column and the value it has."""


def conditional(rows: Rows, yes: Fact, of: Fact | None = None) -> float:
    """P(yes | of) over rows; NaN of nobody."""
    some = [row[yes[0]] == yes[1] for row in rows if of is None or row[of[0]] == of[1]]
    return sum(some) / len(some) if some else NAN


def rates(rows: Rows) -> dict[str, float]:
    guarded = {
        "PPV": conditional(rows, (TRUTH, 1), (ANSWER, 1)),
        "FDR": conditional(rows, (TRUTH, 0), (ANSWER, 1)),
        "FOR": conditional(rows, (TRUTH, 1), (ANSWER, 0)),
    }
    return {
        "SR": conditional(rows, (ANSWER, 1)),
        "TPR": conditional(rows, (ANSWER, 1), (TRUTH, 1)),
        "FPR": conditional(rows, (ANSWER, 1), (TRUTH, 0)),
        "FNR": conditional(rows, (ANSWER, 0), (TRUTH, 1)),
        "ACC": sum(truth == answer for _, truth, answer in rows) / len(rows),
    } | {name: 0.0 if math.isnan(value) else value for name, value in guarded.items()}


def published(unprivileged: Rows, privileged: Rows) -> dict[str, float]:
    u, p = rates(unprivileged), rates(privileged)
    said = {
        "statistical_parity_difference": u["SR"] - p["SR"],
        "disparate_impact": over(u["SR"], p["SR"]),
        "equal_opportunity_difference": u["TPR"] - p["TPR"],
        "average_odds_difference": ((u["FPR"] - p["FPR"]) + (u["TPR"] - p["TPR"])) / 2,
        "average_abs_odds_difference": (abs(u["FPR"] - p["FPR"]) + abs(u["TPR"] - p["TPR"])) / 2,
        "equalized_odds_difference": max(abs(u["FPR"] - p["FPR"]), abs(u["TPR"] - p["TPR"])),
        "average_predictive_value_difference": ((u["PPV"] - p["PPV"]) + (u["FOR"] - p["FOR"])) / 2,
        "accuracy_difference": u["ACC"] - p["ACC"],
        "error_rate_difference": p["ACC"] - u["ACC"],
        "error_rate_ratio": over(1 - u["ACC"], 1 - p["ACC"]),
    }
    pairs = {"positive": "FPR", "negative": "FNR", "omission": "FOR", "discovery": "FDR"}
    for name, rate in pairs.items():
        said[f"false_{name}_rate_difference"] = u[rate] - p[rate]
        said[f"false_{name}_rate_ratio"] = over(u[rate], p[rate])
    return said


def over(part: float, whole: float) -> float:
    if whole == 0:
        return NAN if part == 0 else part * math.inf
    return part / whole


def same(ours: float, theirs: float) -> bool:
    if math.isnan(ours) or math.isnan(theirs) or math.isinf(theirs):
        return ours == theirs or (math.isnan(ours) and math.isnan(theirs))
    return abs(ours - theirs) <= 1e-12


def test_disparities_are_the_published_formulas_on_a_thousand_tables() -> None:
    for table in tables(1000, seed=11):
        rows = list(
            zip(*(a.tolist() for a in (table.group, table.truth, table.answer)), strict=True)
        )
        first, *rest = table.counted()
        privileged = Group()
        for group in rest:
            privileged += group
        expected = published([r for r in rows if r[0] == 0], [r for r in rows if r[0] != 0])
        said = disparities(first, privileged)
        assert said.keys() == expected.keys()
        assert all(same(said[name], expected[name]) for name in expected), (said, expected)


def test_inequality_of_all_groups_is_the_published_formula() -> None:
    for table in tables(300, seed=12):
        groups, said = table.counted(), inequality(table.counted())
        smoothed = [(g.selected + 0.5) / (g.n + 1) for g in groups]
        ratios = [
            max(abs(math.log(a / b)), abs(math.log((1 - a) / (1 - b))))
            for a in smoothed
            for b in smoothed
        ]
        edf = said["smoothed_empirical_differential_fairness"]
        assert edf == pytest.approx(max(ratios), abs=1e-12)
        benefits = (table.answer - table.truth + 1).astype(float)
        if benefits.mean() > 0:
            squares = ((benefits / benefits.mean()) ** 2 - 1).mean() / 2
            assert said["generalized_entropy_index"] == pytest.approx(squares, abs=1e-12)
            x = benefits / benefits.mean()
            theil = sum(v * math.log(v) for v in x.tolist() if v > 0) / len(x)
            assert said["theil_index"] == pytest.approx(theil, abs=1e-12)


def test_groups_that_fare_alike_are_not_unequal() -> None:
    alike = [Group(n=10, selected=5, tp=4, fp=1, tn=4, fn=1)] * 2
    assert smoothed_edf(alike) == 0.0
    assert between_group_entropy(alike) == pytest.approx(0.0, abs=1e-15)
    assert disparities(*alike)["disparate_impact"] == 1.0


def test_without_outcomes_only_the_decisions_are_said() -> None:
    bare = [Group(n=10, selected=5), Group(n=10, selected=2)]
    assert list(inequality(bare)) == ["smoothed_empirical_differential_fairness"]
    said = disparities(bare[1], bare[0])
    assert said["disparate_impact"] == pytest.approx(0.4)
    assert math.isnan(said["average_odds_difference"])

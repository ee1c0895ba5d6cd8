"""Fairlearn itself is asked, on a thousand tables, what it says: its word is ours."""

import math
from functools import partial
from typing import Any, cast

import pytest
from fairlearn import metrics as _metrics  # pyright: ignore[reportMissingTypeStubs]
from sklearn import metrics as _scores  # pyright: ignore[reportMissingTypeStubs]

from tests.detect.tables import tables
from tocsin.detect import fairlearn as room
from tocsin.detect.fairlearn import To, difference, disparities, ratio
from tocsin.detect.groups import RATES, Group, fpr, selection_rate, tpr

theirs, scores = cast("Any", _metrics), cast("Any", _scores)
NAMED = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
    "equal_opportunity_difference",
    "equal_opportunity_ratio",
)


def same(ours: float, theirs: float) -> bool:
    return (math.isnan(ours) and math.isnan(theirs)) or abs(ours - theirs) <= 1e-12


@pytest.mark.filterwarnings("ignore")  # of scikit-learn, on groups of one class
@pytest.mark.parametrize("many", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_the_fairness_metrics_are_fairlearns(many: int) -> None:
    asked = [(name, to, mean) for name in NAMED for to in To for mean in (False, True)]
    for number, table in enumerate(tables(many, seed=1)):
        name, to, mean = asked[number % len(asked)]
        odds = name.startswith("equalized")
        said = getattr(theirs, name)(
            *(table.truth, table.answer),
            sensitive_features=table.group,
            method=to.value,
            **({"agg": "mean" if mean else "worst_case"} if odds else {}),
        )
        ours = getattr(room, name)(table.counted(), to, **({"mean": mean} if odds else {}))
        assert same(ours, float(said)), (number, name, to)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("many", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_rates_differences_and_ratios_are_those_of_its_metric_frame(many: int) -> None:
    cheap = {
        "selection_rate": theirs.selection_rate,
        "tpr": theirs.true_positive_rate,
        "fpr": theirs.false_positive_rate,
    }
    dear = {
        "ppv": partial(scores.precision_score, zero_division=0.0),
        "accuracy": scores.accuracy_score,
        "error": scores.zero_one_loss,
    }
    for number, table in enumerate(tables(many, seed=2)):
        asked = cheap if number % 5 else cheap | dear
        frame = theirs.MetricFrame(
            metrics=asked, y_true=table.truth, y_pred=table.answer, sensitive_features=table.group
        )
        groups, said = table.counted(), disparities(table.counted())
        apart = {to: frame.difference(method=to.value) for to in To}
        over = {to: frame.ratio(method=to.value) for to in To}
        for name in asked:
            by_group = frame.by_group[name].to_list()
            ours = [RATES[name](group) for group in groups]
            assert all(map(same, ours, by_group)), (name, table)
            for to in To:
                assert same(said[f"{name}_difference_{to}"], float(apart[to][name])), (name, to)
                if name == "error":  # 1 - accuracy leaves noise where it is 0
                    continue
                assert same(said[f"{name}_ratio_{to}"], float(over[to][name])), (name, to)


def test_the_users_guide_says_the_same() -> None:
    # its 18 decisions, counted by group
    a, b, c = (
        Group(n=4, selected=3, tp=1, fn=1, fp=2, tn=0),
        Group(n=6, selected=3, tp=3, fn=2, fp=0, tn=1),
        Group(n=8, selected=4, tp=2, fn=3, fp=2, tn=1),
    )
    groups = [a, b, c]
    whole = a + b + c
    assert [round(rate(whole), 6) for rate in (tpr, fpr, selection_rate)] == [
        0.5,
        0.666667,
        0.555556,
    ]
    assert difference(groups, tpr) == pytest.approx(0.2)
    assert difference(groups, fpr) == pytest.approx(1.0)
    assert difference(groups, selection_rate) == pytest.approx(0.25)
    assert ratio(groups, tpr) == pytest.approx(0.666667, abs=1e-6)
    to_overall = [difference(groups, rate, To.OVERALL) for rate in (tpr, fpr, selection_rate)]
    assert to_overall == pytest.approx([0.1, 0.666667, 0.194444], abs=1e-6)


def test_nobody_selected_anywhere_has_no_ratio() -> None:
    nobody = [Group(n=5), Group(n=6)]
    assert math.isnan(ratio(nobody, selection_rate))
    assert math.isnan(room.equalized_odds_ratio(nobody, mean=True))
    assert difference(nobody, selection_rate) == 0.0

import json
from typing import Any

import numpy as np
import pytest

from tests.detect.crossing import CROSSED, SPEC, look_at, people
from tests.detect.looks import alarms
from tocsin.detect.compared import comparisons
from tocsin.detect.disparity import facts, report
from tocsin.detect.finding import Level


def test_facts_are_differences_of_every_rate_with_intervals() -> None:
    at = look_at(people(4000, 2, hurt=0.2), people(8000, 1))
    for one in comparisons(at):
        found = facts(at, one)
        assert [f.measure.removesuffix("_difference") for f in found] == [
            *("selection_rate", "tpr", "fpr", "ppv", "accuracy", "calibration"),
        ]
        assert alarms(found) == []
        for f in found:
            assert f.level is Level.INFO
            assert f.column == one.name
            assert f.interval[0] <= f.value <= f.interval[1]


def test_the_calibration_difference_is_that_of_the_rows() -> None:
    raw = people(4000, 3)
    at = look_at(raw, people(8000, 1))
    sex = comparisons(at)[0]
    (fact,) = [f for f in facts(at, sex) if f.measure == "calibration_difference"]
    of = np.array(raw["sex"].to_pylist())
    residual = raw["score"].to_numpy() - np.array(raw["repaid"].to_pylist(), float)
    gaps = [residual[of == who].mean() for who in ("f", "m")]
    assert fact.value == pytest.approx(abs(gaps[0] - gaps[1]), abs=0.002)  # bins are hundredths


def test_the_report_holds_both_conventions_and_is_json() -> None:
    at = look_at(people(4000, 2, hurt=0.2), people(8000, 1))
    said = report(at.window, SPEC, CROSSED)
    every: list[dict[str, Any]] = json.loads(json.dumps(said, allow_nan=False))
    sex, _, both = every
    assert both["attributes"] == ["sex", "age_band"]
    by = {one["slice"]["sex"]: one["selection_rate"] for one in sex["groups"]}
    apart = sex["fairlearn"]["demographic_parity_difference"]
    assert apart == pytest.approx(abs(by["f"] - by["m"]), abs=1e-12)
    (women,) = [u for u in sex["aif360_by_group"] if u["unprivileged"] == {"sex": "f"}]
    assert women["disparate_impact"] == pytest.approx(by["f"] / by["m"], abs=1e-12)

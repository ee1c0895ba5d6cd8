import pytest

from tocsin.base.errors import BadInput
from tocsin.detect.evidently import METHODS
from tocsin.detect.imported import methods, scores

# as Evidently 0.7.21 writes it
NEW = {
    "metrics": [
        {
            "metric_name": "DriftedColumnsCount(drift_share=0.5)",
            "config": {"type": "evidently:metric_v2:DriftedColumnsCount", "drift_share": 0.5},
            "value": {"count": 2.0, "share": 1.0},
        },
        {
            "config": {
                "type": "evidently:metric_v2:ValueDrift",
                "column": "x",
                "method": "Wasserstein distance (normed)",
                "threshold": 0.1,
            },
            "value": 0.5629125380205808,
        },
        {
            "config": {
                "type": "evidently:metric_v2:ValueDrift",
                "column": "c",
                "method": "chi-square p_value",
                "threshold": 0.05,
            },
            "value": 0.3,
        },
    ],
    "tests": [],
}
OLD = {
    "metrics": [
        {
            "metric": "DataDriftTable",
            "result": {
                "drift_by_columns": {
                    "x": {
                        "stattest_name": "K-S p_value",
                        "stattest_threshold": 0.05,
                        "drift_score": 0.001,
                        "drift_detected": True,
                    }
                }
            },
        }
    ]
}


def test_scores_of_a_report_come_under_the_names_of_our_methods() -> None:
    x, c = scores(NEW)
    assert (x.column, x.method, x.value, x.drifted) == (
        "x",
        "wasserstein",
        0.5629125380205808,
        True,
    )
    assert (c.method, c.drifted) == ("chisquare", False)
    assert methods([x, c, x]) == ["evidently:wasserstein", "evidently:chisquare"]
    assert {one.method for one in scores(NEW)} <= set(METHODS)


def test_reports_of_before_0_7_are_read_as_well() -> None:
    (x,) = scores(OLD)
    assert (x.method, x.limit, x.drifted) == ("ks", 0.05, True)


@pytest.mark.parametrize("report", [[], {}, {"metrics": 3}, None, "x"])
def test_what_is_no_report_is_refused(report: object) -> None:
    with pytest.raises(BadInput, match="no Evidently report"):
        scores(report, where="r.json")


@pytest.mark.parametrize("metric", [{}, 7, {"config": {"type": "ValueDrift"}, "value": None}])
def test_a_report_without_drift_is_refused(metric: object) -> None:
    with pytest.raises(BadInput, match="no drift score"):
        scores({"metrics": [metric]})


def test_a_test_that_is_not_ours_has_no_method() -> None:
    row = {"stattest_name": "Anderson-Darling test p_value", "stattest_threshold": 0.1}
    facts = {"result": {"drift_by_columns": {"x": row | {"drift_score": 0.01}}}}
    (one,) = scores({"metrics": [facts]})
    assert (one.method, one.drifted) == (None, True)
    assert methods([one]) == []

"""Systems, findings and changes over HTTP."""

import dataclasses

import pytest

from tests.store import examples
from tests.web import story
from tests.web.cast import Stage
from tocsin.detect.finding import Finding, Level, Verdict
from tocsin.store import findings
from tocsin.web.systems import gravest


def judged(verdict: Verdict, level: Level = Level.PAGE) -> Finding:
    return dataclasses.replace(examples.finding(), verdict=verdict, level=level)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ([], Verdict.INSUFFICIENT),
        ([judged(Verdict.INSUFFICIENT)], Verdict.INSUFFICIENT),
        ([judged(Verdict.INSUFFICIENT), judged(Verdict.OK)], Verdict.OK),
        ([judged(Verdict.OK), judged(Verdict.ALARM)], Verdict.ALARM),
        ([judged(Verdict.OK), judged(Verdict.ALARM, Level.INFO)], Verdict.OK),
        ([judged(Verdict.ALARM, Level.INFO)], Verdict.ALARM),
    ],
)
def test_a_systems_verdict_is_its_gravest_monitor(said: list[Finding], verdict: Verdict) -> None:
    assert gravest(said) is verdict


def test_systems_are_listed_with_verdict_and_incidents(stage: Stage) -> None:
    before = stage.ask("reader", "GET", "/v1/systems").json()["systems"]
    assert [(one["name"], one["verdict"]) for one in before] == [("loans", "insufficient")]
    story.alarm(stage)
    story.declare(stage)
    shown = stage.ask("reader", "GET", "/v1/systems/loans").json()
    assert (shown["verdict"], shown["open_incidents"]) == ("alarm", ["INC-1"])
    assert shown["protected"] == ["sex"]
    assert shown["spec_hash"] == examples.SPEC.hash
    assert stage.ask("reader", "GET", "/v1/systems/fraud").status_code == 404


def test_a_finding_says_null_where_a_number_cannot_be_said(stage: Stage) -> None:
    story.alarm(stage)
    told = stage.ask("reader", "GET", "/v1/systems/loans/findings").json()
    (finding,) = told["findings"]
    assert finding["baseline"] is None
    assert finding["slice"] == {"sex": "f"}
    assert finding["interval"] == [-0.25, -0.17]
    assert stage.ask("reader", "GET", "/v1/systems/fraud/findings").status_code == 404
    with stage.site.database.unit("test", stage.watch()) as unit:
        findings.save(unit, "loans", stage.watch(), [], whole=True)
    assert stage.ask("reader", "GET", "/v1/systems/loans/findings").json()["findings"] == []


def test_changes_are_found_by_time(stage: Stage) -> None:
    story.known(stage, story.declare(stage))
    path = "/v1/changes?system=loans"
    found = stage.ask("reader", "GET", path).json()["changes"]
    assert [(one["id"], one["kind"]) for one in found] == [("chg_1", "feature_pipeline")]
    later = f"{path}&since={stage.watch():%Y-%m-%dT%H:%M:%SZ}"
    assert stage.ask("reader", "GET", later).json()["changes"] == []
    assert stage.ask("reader", "GET", f"{path}&since=yesterday").status_code == 422
    assert stage.ask("reader", "GET", "/v1/changes?system=fraud").status_code == 404

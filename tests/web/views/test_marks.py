import math
from dataclasses import replace

import pytest

from tests.web.views.nouns import FINDING, INCIDENT, NOW, finding
from tocsin.detect.finding import Layer, Level, Verdict
from tocsin.incident.incident import State
from tocsin.web.views import marks
from tocsin.web.views.marks import Mark


def test_a_number_stands_with_its_interval_its_baseline_and_its_n() -> None:
    said = marks.figure(FINDING)
    assert (said.value, said.around, said.was, said.n) == ("71.2 %", "±1.9", "90.4 %", "2,310")


def test_what_cannot_be_said_is_a_dash_and_never_a_bare_nan() -> None:
    nan = math.nan
    said = marks.figure(replace(FINDING, value=nan, baseline=nan, interval=(nan, nan)))
    assert (said.value, said.around, said.was) == ("–", "", "")


def test_a_shift_is_signed_in_points_whatever_side_the_monitor_watches() -> None:
    assert marks.shift(FINDING) == "−19.2"
    assert marks.shift(replace(FINDING, value=0.95)) == "+4.6"


@pytest.mark.parametrize(
    ("verdict", "level", "mark"),
    [
        (Verdict.ALARM, Level.PAGE, Mark.HARM),
        (Verdict.ALARM, Level.TICKET, Mark.AT_RISK),
        (Verdict.OK, Level.INFO, Mark.HEALTHY),
        (Verdict.INSUFFICIENT, Level.INFO, Mark.NO_DATA),
    ],
)
def test_only_an_alarm_that_pages_is_called_harm(
    verdict: Verdict, level: Level, mark: Mark
) -> None:
    assert marks.of_finding(finding(verdict=verdict, level=level)) is mark


def test_an_open_incident_speaks_before_the_monitors() -> None:
    calm = [finding(verdict=Verdict.OK, level=Level.INFO)]
    contained = replace(INCIDENT, state=State.CONTAINED, contained_at=NOW)
    assert marks.of_system(calm, [INCIDENT]) is Mark.HARM
    assert marks.of_system(calm, [contained]) is Mark.CONTAINED
    assert marks.of_system(calm, []) is Mark.HEALTHY


def test_a_layer_without_findings_has_no_data_rather_than_health() -> None:
    layers = dict(marks.by_layer([FINDING]))
    assert layers[Layer.PERFORMANCE] is Mark.HARM
    assert layers[Layer.FAIRNESS] is Mark.NO_DATA


def test_a_kpi_stands_in_its_own_unit_without_its_relative_interval() -> None:
    facts = {"layer": Layer.KPI, "column": "sales", "value": 12_000.0, "baseline": 15_000.0}
    shown = marks.figure(replace(finding(), measure="sum_sudden", **facts))  # pyright: ignore[reportArgumentType] - facts of a finding
    assert (shown.value, shown.around, shown.was) == ("12,000", "", "15,000")
    assert marks.measure_of("rate_long_run").unit == "share"


def test_a_rules_name_is_told_as_its_owner_wrote_it() -> None:
    assert marks.measure_of("breaks matches ^a_b$").label == "breaks matches ^a_b$"

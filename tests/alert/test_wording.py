"""Findings in plain words."""

import math
from datetime import UTC, datetime, timedelta

from tests.alert.build import NOW, alert, finding
from tocsin.alert.wording import cleared, clock, line, measure_of, movement, quantity, roll, title
from tocsin.detect.finding import Layer, Verdict

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_title_says_what_moved_for_whom_since_when() -> None:
    one = finding(slice_="employer=government")
    assert title("loan-approval", one, NOW, NOW) == (
        "loan-approval: approvals fell from 31.2 % to 4.0 % for employer=government since 14:05 UTC"
    )


def test_a_title_says_the_day_where_it_began_before_it_was_found() -> None:
    since = NOW - timedelta(days=2)
    assert title("loan", finding(), since, NOW).endswith(f" since {since:%Y-%m-%d} 14:05 UTC")


def test_nobody_is_named_where_everyone_is_meant() -> None:
    assert title("loan", finding(), NOW, NOW) == (
        "loan: approvals fell from 31.2 % to 4.0 % since 14:05 UTC"
    )


def test_a_measure_that_is_no_share_is_told_as_a_number() -> None:
    psi = finding(layer=Layer.DRIFT, measure="psi", column="income", value=0.41, baseline=0.0)
    assert movement(psi) == "psi of income rose from 0 to 0.41"
    assert quantity(finding(measure="latency_ms"), 0.25) == "0.25"
    assert quantity(finding(measure="error_share"), 0.25) == "25.0 %"
    assert quantity(finding(measure="decisions_an_hour"), 340.0) == "340"


def test_what_cannot_be_compared_is_said_so() -> None:
    assert movement(finding(value=math.nan)) == "approvals can no longer be measured"
    assert movement(finding(baseline=math.nan)) == "approvals: 4.0 %"


def test_a_change_of_unit_and_a_standstill_are_told_in_words() -> None:
    cents = finding(layer=Layer.QUALITY, measure="scale", column="income", value=100.0, baseline=1)
    assert movement(cents) == "income changed its scale (100 times what it was)"
    still = finding(layer=Layer.QUALITY, measure="constant", column="income", value=1, baseline=0.2)
    assert movement(still) == "income stands still at one value (had 20.0 % of decisions)"


def test_a_slice_that_moved_apart_is_told_beside_the_others() -> None:
    behind = finding(measure="accuracy_apart", value=0.612, baseline=0.671, slice_="towards=ORD")
    assert movement(behind) == (
        "accuracy at 61.2 %, 5.9 points below where the others' course would put it"
    )
    more = finding(measure="selection_rate_apart", value=0.5, baseline=0.4, slice_="towards=ORD")
    assert cleared(more).startswith("cleared: selection rate beside the others' for towards=ORD")
    assert movement(more).startswith("approvals at 50.0 %, 10.0 points above where")


def test_silence_is_told_as_a_length_of_time() -> None:
    silent = finding(layer=Layer.HEALTH, measure="silence", value=95.0, baseline=0.5)
    assert title("loans", silent, NOW, NOW) == (
        "loans: no decision has arrived for 1 min 35 s since 14:05 UTC"
    )


def test_outcomes_are_set_against_what_scores_promised() -> None:
    off = finding(measure="calibration", value=0.24, baseline=0.2, slice_="sex=f")
    assert title("loans", off, NOW, NOW) == (
        "loans: scores promised 20.0 % yes and 24.0 % turned out so for sex=f since 14:05 UTC"
    )
    moved = finding(layer=Layer.DRIFT, measure="outcome_rate", value=0.24, baseline=0.2)
    assert movement(moved) == "outcomes that are a yes rose from 20.0 % to 24.0 %"


def test_what_is_over_is_told_with_the_number_of_now() -> None:
    well = finding(verdict=Verdict.OK, value=0.3, slice_="sex=f")
    assert cleared(well) == "cleared: approvals for sex=f, now 30.0 %"
    assert cleared(finding()) == "cleared: approvals for everyone"


def test_a_gap_between_groups_is_called_one() -> None:
    assert measure_of(finding(measure="selection_rate_gap")) == "gap in approvals"
    assert measure_of(finding(measure="made_up")) == "made up"


def test_evidence_lists_the_strongest_first_and_counts_the_rest() -> None:
    many = [alert(finding(measure=f"m{k}", evidence=float(k))) for k in range(8)]
    lines = roll(many, 3)
    assert [one.split()[0] for one in lines] == ["m7", "m6", "m5", "and"]
    assert lines[-1] == "and 5 more"
    assert "n = 400, baseline n = 20,000" in line(finding())
    assert clock(MIDNIGHT, MIDNIGHT) == "00:00 UTC"


def test_drift_and_quality_are_told_without_jargon() -> None:
    drifted = finding(layer=Layer.DRIFT, measure="jsd", column="score", value=0.41, baseline=0.0)
    assert movement(drifted) == "score has drifted (divergence 0.41 bits)"
    gone = finding(
        layer=Layer.QUALITY, measure="missing", column="income", value=0.96, baseline=0.0
    )
    assert movement(gone) == "income missing rose from 0.0 % to 96.0 %"


def test_a_kpi_is_called_by_its_name_and_told_in_its_unit() -> None:
    rate = finding(layer=Layer.KPI, measure="rate_sudden", column="ctr")
    assert movement(rate) == "ctr fell from 31.2 % to 4.0 %"
    mean = finding(layer=Layer.KPI, measure="mean_sustained", column="basket", value=0.5)
    assert quantity(mean, 0.5) == "0.5"


def test_a_broken_rule_is_told_as_a_share_whatever_its_name() -> None:
    broken = finding(
        layer=Layer.QUALITY, measure="breaks matches a_s_b", column="code", value=0.2, baseline=0.0
    )
    assert movement(broken) == "decisions whose code breaks matches a_s_b rose from 0.0 % to 20.0 %"

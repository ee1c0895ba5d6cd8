"""Objectives: what is said of a promise that is kept, is being broken, or cannot be judged."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tocsin.base.spans import Span
from tocsin.detect.burn import HOUR_S, Tally
from tocsin.detect.finding import Finding, Level, Verdict
from tocsin.detect.levels import levelled
from tocsin.detect.slo import FAST, LEFT, SLOW, Course, Objective, findings, questions
from tocsin.ingest.slo import Slo
from tocsin.ingest.system import Risk, System

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
SLO = Slo(name="answers-30d", sli="availability", target=0.99)
DAYS, A_BUCKET = 30, 1200.0


def objective(
    share: Mapping[int, float], slo: Slo = SLO, *, hours: int = 24 * DAYS, n: float = A_BUCKET
) -> Objective:
    """Return hourly events of which a thousandth is bad, and `share` in the last hours named."""
    bad = np.full(hours, 0.001 * n)
    for ago, worse in share.items():
        bad[-ago:] = worse * n
    start = NOW.timestamp() - HOUR_S * np.arange(hours, 0, -1.0)
    begun = NOW - timedelta(hours=hours)
    return Objective(slo, HOUR_S, begun, NOW, NOW, Course(start, bad, np.full(hours, n)), {})


def said(one: Objective) -> dict[str, Finding]:
    return {finding.measure: finding for finding in findings(one, 1e-6, 1e-5)}


def test_a_promise_that_is_kept_is_quiet_and_tells_what_is_left() -> None:
    found = said(objective({}))
    assert {finding.verdict for finding in found.values()} == {Verdict.OK}
    assert found[LEFT].value == pytest.approx(0.9)
    assert "90 % of the error budget is left" in found[LEFT].why
    assert found[FAST].value == pytest.approx(0.1)
    assert "the budget lasts" in found[FAST].why


def test_a_sudden_fire_pages_and_says_when_the_budget_is_gone() -> None:
    found = said(objective({1: 0.2}))
    assert found[FAST].verdict is Verdict.ALARM
    assert found[FAST].value == pytest.approx(20)
    assert found[FAST].n == A_BUCKET
    assert found[FAST].window == Span(NOW - timedelta(hours=1), NOW)
    assert "20 times too fast" in found[FAST].why
    assert "1 d 12 h" in found[FAST].why
    assert found[LEFT].verdict is Verdict.OK


def test_a_slow_fire_is_a_ticket_and_no_page() -> None:
    found = said(objective({72: 0.02}))
    assert found[FAST].verdict is Verdict.OK
    assert found[SLOW].verdict is Verdict.ALARM
    assert found[SLOW].window == Span(NOW - timedelta(days=3), NOW)


def test_a_budget_that_is_surely_spent_is_a_ticket() -> None:
    found = said(objective({24 * DAYS: 0.013}))
    assert found[LEFT].verdict is Verdict.ALARM
    assert found[LEFT].value == pytest.approx(-0.3)
    assert "spent 1.3 times over" in found[LEFT].why
    barely = said(objective({24 * DAYS: 0.013}, n=5))[LEFT]
    assert barely.verdict is Verdict.OK, "3,600 events do not rule out that it is met"


def test_a_fire_that_is_out_is_no_alarm() -> None:
    start = NOW.timestamp() - 300 * np.arange(12 * 48, 0, -1.0)
    bad = np.where(np.arange(12 * 48) < 12 * 46, 0.0, 20.0)
    burning = Course(start, bad, np.full(len(start), 100.0))
    out = Course(start, np.where(start < NOW.timestamp() - 1800, bad, 0.0), burning.n)
    one = replace(objective({}), bucket_s=300)
    assert said(replace(one, course=burning))[FAST].verdict is Verdict.ALARM
    assert said(replace(one, course=out))[FAST].verdict is Verdict.OK


def test_before_a_whole_long_window_is_known_nothing_is_said() -> None:
    found = said(objective({1: 0.5}, hours=5))
    assert found[FAST].verdict is Verdict.ALARM, "an hour is known"
    assert found[SLOW].verdict is Verdict.INSUFFICIENT
    assert "less than 1 d of history" in found[SLOW].why


def test_few_events_are_not_judged() -> None:
    found = said(objective({1: 1.0}, n=4))
    assert found[FAST].verdict is Verdict.INSUFFICIENT
    assert "4 events within 1 h, 50 needed" in found[FAST].why


def test_outcomes_that_come_in_bad_are_a_fire_before_their_day_is_complete() -> None:
    slo = replace(SLO, sli="accuracy")
    came = {HOUR_S: Tally(300, 1000), 6 * HOUR_S: Tally(900, 6000)}
    found = said(replace(objective({}, slo), arrived=came))
    assert found[FAST].verdict is Verdict.ALARM
    assert found[FAST].method == "arrivals"
    assert "outcomes that came in" in found[FAST].why
    assert questions(slo) == (4, 5)
    assert questions(SLO) == (2, 3)


def test_a_fast_burn_pages_whatever_the_risk_and_a_slow_one_never() -> None:
    for risk in Risk:
        found = levelled(findings(objective({72: 0.2}), 1e-6, 1e-5), System(name="s", risk=risk))
        level = {finding.measure: finding.level for finding in found}
        assert level[FAST] is Level.PAGE
        assert level[SLOW] is level[LEFT] is Level.TICKET

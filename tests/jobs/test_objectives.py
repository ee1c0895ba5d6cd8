"""Objectives over a real database and lake: by event, by arrival, for a slice, and again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tests.jobs.test_detect import (
    DAY,
    HIT,
    HOUR,
    day,
    decide,
    declare,
    faulty,
    learn_outcomes,
    of,
    rings_at,
    said,
)
from tests.profile.rows import LENDING, START, replaced
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.ingest.kpi import Kpi, KpiKind, KpiRow
from tocsin.ingest.slo import KPI, Slo
from tocsin.jobs import detect as duty
from tocsin.jobs.evaluation import recompute
from tocsin.jobs.rings import Rings
from tocsin.store import findings, kpis, systems
from tocsin.store.codec import encode

WEEK_S = 7 * 86400
RIGHT = Slo(name="right-7d", sli="accuracy", target=0.65, period_s=WEEK_S)
PROMISED = replace(LENDING, slos=(RIGHT,), outcomes_after_s=2 * 86400)


@pytest.fixture
def rings(tmp_path: Path) -> Iterator[Rings]:
    rings = rings_at(tmp_path)
    yield rings
    rings.database.close()


def wrong(raw: pa.Table) -> pa.Table:
    """Return `raw` where everybody turns out the other way."""
    turned = [not paid for paid in raw["repaid"].to_pylist()]
    return replaced(raw, "repaid", turned)


def slo_findings(rings: Rings) -> list[Finding]:
    return [one for one in said(rings) if one.layer is Layer.SLO]


def test_outcomes_that_turn_bad_page_when_they_arrive_not_when_they_are_complete(
    rings: Rings,
) -> None:
    declare(rings, PROMISED)
    for number in range(4):
        decide(rings, day(number))
        if number:
            learn_outcomes(rings, day(number - 1))
        duty.run(rings, START + (number + 1) * DAY)
    (quiet,) = of(said(rings), "fast_burn")
    assert quiet.verdict is Verdict.OK
    assert quiet.n > 0
    learn_outcomes(rings, wrong(day(3)))  # its decisions are a day old; complete at two days
    duty.run(rings, START + 4 * DAY + HOUR)
    (loud,) = of(said(rings), "fast_burn")
    assert (loud.verdict, loud.level, loud.method) == (Verdict.ALARM, Level.PAGE, "arrivals")
    assert loud.column == "right-7d"


def test_what_was_said_of_an_objective_is_computed_again(rings: Rings) -> None:
    declare(rings, PROMISED)
    for number in range(3):
        decide(rings, day(number))
        learn_outcomes(rings, day(number))
        duty.run(rings, START + (number + 1) * DAY)
    before = slo_findings(rings)
    with rings.database.reading() as conn:
        stamp = findings.latest_stamp(conn, "lending")
    assert stamp is not None
    learn_outcomes(rings, wrong(day(2)))
    with rings.database.reading() as conn:
        again = [one for one in recompute(conn, "lending", stamp) if one.layer is Layer.SLO]
    assert len(before) == 3
    assert {one.key: encode(one) for one in again} == {one.key: encode(one) for one in before}


def test_an_objective_of_a_slice_counts_that_slice_alone(rings: Rings) -> None:
    theirs = replace(RIGHT, name="theirs", slice=HIT.key, target=0.5)
    declare(rings, replace(LENDING, slos=(RIGHT, theirs)))
    for number in range(2):
        raw = faulty(day(number)) if number else day(number)
        decide(rings, raw)
        learn_outcomes(rings, raw)
    duty.run(rings, START + 2 * DAY)
    (left,) = [one for one in of(said(rings), "budget_left", HIT) if one.column == "theirs"]
    hit = [
        who == "government" for number in range(2) for who in day(number)["employer"].to_pylist()
    ]
    assert left.n == sum(hit)


def test_a_rate_of_the_business_can_be_promised(rings: Rings) -> None:
    kpi = Kpi(name="paid", kind=KpiKind.RATE)
    slo = Slo(name="paid-7d", sli=KPI, column="paid", target=0.9, period_s=WEEK_S)
    declare(rings, replace(LENDING, kpis=(kpi,), slos=(slo,)))
    decide(rings, day(0))
    with rings.database.reading() as conn:
        spec = systems.get(conn, "lending").spec
    rows = [
        KpiRow(
            "paid", START + hour * HOUR + timedelta(minutes=5), 95.0 if hour < 20 else 30.0, 100.0
        )
        for hour in range(24)
    ]
    with rings.database.unit("test", START) as unit:
        kpis.add(unit, spec, rows)
    duty.run(rings, START + DAY)
    (fast,) = of(said(rings), "fast_burn")
    assert fast.verdict is Verdict.ALARM
    assert fast.value == pytest.approx((4 * 0.7 + 2 * 0.05) / 6 / 0.1)
    assert fast.n == 600

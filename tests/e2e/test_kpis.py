"""A KPI from its declaration and `POST /v1/kpis` to a page on somebody's desk."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bench.kpi_traffic import Traffic, series

from tests.jobs.counting import rings_at
from tests.jobs.test_detect import decide, declare, said
from tests.profile.rows import LENDING, table
from tests.web.cast import Stage, Watch, client_of, site_of, tokens_of
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.series import Series
from tocsin.ingest.kpi import DAY_S, Kpi, KpiKind, Way
from tocsin.jobs import alert as alerting
from tocsin.jobs import detect as duty
from tocsin.jobs.evaluation import recompute
from tocsin.jobs.rings import Rings
from tocsin.store import findings, incidents, pages
from tocsin.store.codec import encode

CTR = Kpi(name="ctr", kind=KpiKind.RATE, watch=Way.DOWN, learn_s=14 * DAY_S)
SYSTEM = replace(LENDING, kpis=(CTR,))
DAYS, FAULT = 40, 37


def clicks(drop: float) -> Series:
    return series(Traffic(KpiKind.RATE, 50_000, days=DAYS, faulty_from=FAULT, drop=drop), 11)


END = datetime.fromtimestamp(clicks(0).start_s[-1] + 3600, UTC)


@dataclass
class Floor:
    """A server: its rings, and the stage in front of it."""

    rings: Rings
    stage: Stage

    def push(self, some: Series, first: int, end: int) -> dict[str, int]:
        """Send the pieces of hours `first` up to `end`, as the shop would."""
        rows = [
            {
                "kpi": "ctr",
                "at": datetime.fromtimestamp(some.start_s[place] + 60, UTC).isoformat(),
                "value": some.total[place],
                "n": some.n[place],
            }
            for place in range(first, end)
        ]
        answer = self.stage.ask("service", "POST", "/v1/kpis?system=lending", rows)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def look(self, now: datetime) -> dict[str, Finding]:
        duty.run(self.rings, now)
        found = [one for one in said(self.rings) if one.layer is Layer.KPI]
        return {one.measure: one for one in found}


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    rings = rings_at(tmp_path)
    declare(rings, SYSTEM)
    decide(rings, table(1200, seed=5, hours=24, start=END - timedelta(days=1)))
    watch = Watch(END)
    site = site_of(rings.database, tmp_path / "site", watch)
    with client_of(site) as client:
        yield Floor(rings, Stage(site, watch, client, tokens_of(site)))
    site.committer.close()
    rings.database.close()


def test_a_click_rate_that_falls_pages_and_is_drawn(floor: Floor) -> None:
    assert floor.push(clicks(0.25), 0, DAYS * 24)["accepted"] == DAYS * 24
    found = floor.look(END)
    alarm = found["rate_sustained"]
    assert (alarm.verdict, alarm.level) == (Verdict.ALARM, Level.PAGE)
    assert alarm.effect == pytest.approx(0.25, abs=0.07)
    alerting.run(floor.rings, END)
    with floor.rings.database.reading() as conn:
        (incident,) = incidents.open_ones(conn, "lending")
        assert pages.calls(conn, incident.id)
    assert incident.title.startswith("lending: ctr fell from")
    assert "a number that the business lives by has moved" in incident.severity_why


def test_a_healthy_click_rate_is_ok_in_every_test(floor: Floor) -> None:
    floor.push(clicks(0.0), 0, DAYS * 24)
    assert {one.verdict for one in floor.look(END).values()} == {Verdict.OK}


def test_late_values_reopen_their_bucket(floor: Floor) -> None:
    healthy, late = clicks(0.0), range(39 * 24, DAYS * 24)
    floor.push(healthy, 0, 39 * 24)
    part = Series(healthy.start_s, (healthy.total / 4).round(), healthy.n)
    floor.push(part, late.start, late.stop)  # clicks of three of four sources are late
    assert floor.look(END)["rate_sudden"].verdict is Verdict.ALARM
    rows = [
        {
            "kpi": "ctr",
            "at": datetime.fromtimestamp(healthy.start_s[p] + 60, UTC).isoformat(),
            "value": healthy.total[p] - part.total[p],
            "n": healthy.total[p] - part.total[p],
            "source": "app",
        }
        for p in late
    ]
    assert floor.stage.ask("service", "POST", "/v1/kpis?system=lending", rows).is_success
    later = floor.look(END + timedelta(hours=1))
    assert later["rate_sudden"].verdict is Verdict.OK


def test_what_was_said_of_a_kpi_is_computed_again_whatever_came_later(floor: Floor) -> None:
    floor.push(clicks(0.25), 0, DAYS * 24 - 5)
    floor.look(END)
    with floor.rings.database.reading() as conn:
        stamp = findings.latest_stamp(conn, "lending")
        before = findings.latest(conn, "lending")
    assert stamp is not None
    assert floor.push(clicks(0.25), 0, DAYS * 24)["accepted"] == 5
    with floor.rings.database.reading() as conn:
        again = recompute(conn, "lending", stamp)
    assert [encode(one) for one in again] == [encode(one) for one in before]
    assert any(one.layer is Layer.KPI for one in again)


def test_the_page_shows_the_line_and_its_band(floor: Floor) -> None:
    floor.push(clicks(0.25), 0, DAYS * 24)
    floor.look(END)
    floor.stage.sign_in("oncall")
    html = floor.stage.client.get("/systems/lending?span=7d").text
    found = re.search(r'id="chart-system">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    drawn = [
        row
        for panel in json.loads(found[1])["vconcat"]
        for layer in panel["layer"]
        for row in layer.get("data", {}).get("values", [])
        if row.get("n", 0) > 500
        and "value" in row  # of the KPI: the system has 50 decisions an hour
    ]
    usual = {row["at"]: row for row in drawn if "low" in row}
    now = {row["at"]: row["value"] for row in drawn if "low" not in row and row["value"] < 0.1}
    assert len(usual) == 24  # the system is a day old
    assert all(row["low"] < row["value"] < row["high"] for row in usual.values())
    struck = [at for at in usual if at >= (END - timedelta(days=2)).timestamp() * 1000]
    assert sum(now[at] < usual[at]["value"] for at in struck) > 0.8 * len(struck)
    assert all(row["low"] >= 0 for row in usual.values())
    assert "ctr · rate sustained" in html

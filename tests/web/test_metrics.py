"""Metrics."""

from datetime import timedelta

import sqlalchemy as sa

from tests.web import story
from tests.web.cast import Stage
from tocsin.ingest.kserve import Half, Side
from tocsin.store import halves, stages, tables


def metrics(stage: Stage) -> dict[str, float]:
    answer = stage.ask("reader", "GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_what_stands_in_the_store_is_counted(stage: Stage) -> None:
    story.traffic(stage, version="1", hours_ago=2, women=40, everyone=100)
    story.traffic(stage, version="1", hours_ago=30, women=40, everyone=900)
    story.declare(stage, "SEV1")
    plan = stage.ask("responder", "POST", "/v1/incidents/1/plans").json()
    path = f"/v1/plans/{plan['id']}/approve"
    stage.ask("approver", "POST", path, {"hash": plan["hash"]})
    with stage.site.database.unit("worker", stage.watch(), quiet=True) as unit:
        stages.beat(unit, "detect", "loans", ok=False)
    asked = Half(id="a", side=Side.REQUEST, at=stage.watch(), rows=())
    with stage.site.database.unit("ingest", stage.watch(), quiet=True) as unit:
        halves.add(unit, "loans", [asked])
        halves.drop(unit, "loans", "response never came", 3, "b")
    stage.watch.forward(timedelta(seconds=7))
    seen = metrics(stage)
    assert seen['tocsin_predictions_last_day{system="loans"}'] == 100
    assert seen['tocsin_halves_waiting{system="loans"}'] == 1
    assert seen['tocsin_referrals_waiting{system="loans",overdue="true"}'] == 0
    assert seen['tocsin_dropped{system="loans",reason="response never came"}'] == 3
    assert seen['tocsin_incidents_open{severity="SEV1"}'] == 1
    assert seen['tocsin_incidents_open{severity="SEV2"}'] == 0
    assert seen['tocsin_directives_in_force{system="loans"}'] == 1
    assert seen['tocsin_pages{state="due"}'] == 0
    assert seen['tocsin_pages{state="acknowledged"}'] >= 1
    assert seen["tocsin_pages_unguarded"] == 0
    assert seen['tocsin_stage_age_seconds{stage="detect",system="loans"}'] == 7
    assert seen['tocsin_stage_failures{stage="detect",system="loans"}'] == 1


def test_an_incident_that_nobody_will_be_told_of_breaks_the_invariant(stage: Stage) -> None:
    story.declare(stage)
    assert metrics(stage)["tocsin_pages_unguarded"] == 0
    with stage.site.database.unit("intruder", stage.watch()) as unit:
        unit.conn.execute(sa.update(tables.page).values(state="failed"))
    assert metrics(stage)["tocsin_pages_unguarded"] == 1
    assert metrics(stage)["tocsin_paging_invariant_broken"] == 0  # escalation may just be planning
    stage.watch.forward(timedelta(seconds=11))
    assert metrics(stage)["tocsin_paging_invariant_broken"] == 1
    assert stage.client.get("/readyz").json()["paging_invariant_broken"] == 1
    (why,) = stage.ask("reader", "GET", "/v1/stages").json()["paging_invariant_broken"]
    assert "no other page is coming" in why or "no other is coming" in why


def test_a_page_that_was_not_sent_is_overdue_after_a_minute(stage: Stage) -> None:
    story.declare(stage)
    stage.watch.forward(timedelta(seconds=60))
    assert metrics(stage)["tocsin_paging_invariant_broken"] == 0
    stage.watch.forward(timedelta(seconds=1))
    assert metrics(stage)["tocsin_paging_invariant_broken"] == 1
    assert metrics(stage)["tocsin_pages_overdue"] >= 1

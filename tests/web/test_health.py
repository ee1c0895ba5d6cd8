"""Alive and ready."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.web.cast import Stage
from tocsin.detect.stages import REQUIRED
from tocsin.lake.delta import Lake
from tocsin.store import stages
from tocsin.web.health import READY_KEPT


def beat(stage: Stage, name: str, system: str = "") -> None:
    with stage.site.database.unit("worker", stage.watch(), quiet=True) as unit:
        stages.beat(unit, name, system)


def problems(stage: Stage) -> tuple[int, list[str]]:
    answer = stage.client.get("/readyz")
    found: list[str] = answer.json()["problems"]
    assert answer.json()["ready"] is (not found)
    return answer.status_code, found


def test_a_server_without_a_worker_is_alive_and_not_ready(stage: Stage) -> None:
    assert stage.client.get("/healthz").json() == {"status": "ok"}
    status, (why,) = problems(stage)
    assert status == 503
    assert "no worker" in why


def test_every_stage_must_have_reported_lately_for_any_system(stage: Stage) -> None:
    beat(stage, "profile", "old")
    stage.watch.forward(timedelta(seconds=60))
    beat(stage, "profile", "loans")
    beat(stage, "deliver")
    assert problems(stage) == (200, [])
    stage.watch.forward(timedelta(seconds=30))
    beat(stage, "profile", "loans")
    stage.watch.forward(timedelta(seconds=31))
    assert problems(stage) == (503, ["stage deliver last reported 1 min 1 s ago"])


def test_a_lake_that_cannot_be_written_is_told(stage: Stage, tmp_path: Path) -> None:
    beat(stage, "profile")
    assert problems(stage) == (200, [])
    shutil.rmtree(tmp_path / "lake")
    (tmp_path / "lake").write_text("a file where a folder should be")
    stage.watch.forward(READY_KEPT)
    status, (why,) = problems(stage)
    assert status == 503
    assert "the lake cannot be used" in why
    assert str(tmp_path) not in why


def test_a_crowd_of_probes_costs_one_look(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    beat(stage, "profile")
    looks: list[str] = []
    check = stage.site.lake.check_writable

    def look(_: Lake) -> None:
        looks.append("look")
        check()

    monkeypatch.setattr(Lake, "check_writable", look)
    headers = {"Authorization": "Bearer tsn_guessed"}  # nobody looks it up
    answers = [stage.client.get("/readyz", headers=headers).status_code for _ in range(610)]
    assert answers == [200] * 600 + [429] * 10
    assert len(looks) == 1
    stage.watch.forward(READY_KEPT)
    assert problems(stage) == (200, [])
    assert len(looks) == 2


def test_stages_are_told_in_full_to_readers_and_without_systems_to_all(stage: Stage) -> None:
    for duty in REQUIRED:
        beat(stage, duty)
    beat(stage, "counting", "loans")
    stage.watch.forward(timedelta(seconds=30))
    answer = stage.ask("reader", "GET", "/v1/stages").json()
    assert answer["fresh"]
    (counted,) = (one for one in answer["stages"] if one["stage"] == "counting")
    assert (counted["system"], counted["silent_s"], counted["allowed_s"]) == ("loans", 30, 3600)
    stage.watch.forward(timedelta(hours=2))
    for duty in REQUIRED:
        beat(stage, duty)
    ready = stage.client.get("/readyz")
    assert ready.status_code == 200  # people must get in to see what is wrong
    assert {"stage": "counting", "fresh": False, "stale_systems": 1} in ready.json()["stages"]
    assert "loans" not in ready.text
    assert not stage.ask("reader", "GET", "/v1/stages").json()["fresh"]
    text = stage.ask("reader", "GET", "/metrics").text
    assert 'tocsin_stage_stale{stage="counting",system="loans"} 1' in text
    assert 'tocsin_stage_stale{stage="deliver",system=""} 0' in text
    assert 'tocsin_stage_silent_seconds{stage="counting",system="loans"} 7230' in text

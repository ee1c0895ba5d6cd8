"""The worker walks its list, survives what fails, and gives way to whoever holds the lease."""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime

import pytest

from tests.jobs.scene import SECOND, Scene
from tests.jobs.test_alert_outside import ERRORS, sent
from tests.patience import PATIENCE_S
from tocsin.jobs.alive import here
from tocsin.jobs.rings import Duty, Rings
from tocsin.jobs.worker import DUTIES, LEASE, Worker
from tocsin.store import leases, stages
from tocsin.store.stages import Stage


def noted(told: list[str], name: str) -> tuple[str, Duty]:
    def duty(_rings: Rings, _now: datetime) -> None:
        told.append(name)

    return name, duty


def failing(trouble: Exception) -> Duty:
    def duty(_rings: Rings, _now: datetime) -> None:
        raise trouble

    return duty


def stage_of(stage: Scene, name: str) -> Stage:
    with stage.database.reading() as conn:
        found = stages.get(conn, name)
    assert found is not None
    return found


def test_the_pipeline_is_one_list_in_the_order_of_the_flow() -> None:
    assert [name for name, _ in DUTIES] == [
        "join",
        "profile",
        "detect",
        "alert",
        "diagnose",
        "playbook",
        "contain",
        "trials",
        "expiry",
        "approvals",
        "queue",
        "rollup",
        "erase",
        "tend",
        "follow",
        "test-ends",
        "insist",
        "remind",
        "hear",
        "escalate",
        "deliver",
        "test-pages",
        "updates",
        "act",
        "complaints",
        "bulletins",
        "letters",
        "replies",
        "status-copy",
    ]


def test_every_duty_has_its_turn_and_leaves_a_sign_of_life(stage: Scene) -> None:
    told: list[str] = []
    worker = Worker(stage.rings, pipeline=[noted(told, "profile"), noted(told, "detect")])
    worker.once()
    worker.stop()
    assert told == ["profile", "detect"]
    for name in ("profile", "detect", "escalate", "deliver", "test-pages"):
        assert stage_of(stage, name).ok_at == stage.clock()


def test_the_real_duties_run_on_an_empty_installation(stage: Scene) -> None:
    worker = Worker(stage.rings)
    worker.once()
    worker.stop()
    with stage.database.reading() as conn:
        assert {one.stage: one.failures for one in stages.every(conn) if not one.system} == {
            name: 0 for name, _ in DUTIES
        }


def test_a_duty_that_fails_is_logged_counted_and_tried_again(
    stage: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    broken = ("profile", failing(ValueError("no such column\nincome")))
    worker = Worker(stage.rings, pipeline=[broken, noted(told, "detect")])
    for _ in range(3):
        worker.once()
    worker.stop()
    seen = stage_of(stage, "profile")
    assert (seen.failures, seen.ok_at) == (3, None)
    assert seen.note == "ValueError: no such column income"
    assert "profile failed: ValueError: no such column income" in caplog.text
    assert told == ["detect"] * 3


def test_a_groups_troubles_are_told_each_with_its_system(stage: Scene) -> None:
    trouble = ValueError("broken")
    trouble.add_note("system loans")
    group = ExceptionGroup("some", [trouble, KeyError("x")])
    worker = Worker(stage.rings, pipeline=[("profile", failing(group))])
    worker.once()
    worker.stop()
    assert stage_of(stage, "profile").note == "ValueError: broken (system loans); KeyError: 'x'"


def test_a_recovery_clears_the_count(stage: Scene) -> None:
    troubles = [ValueError("once")]

    def duty(_rings: Rings, _now: datetime) -> None:
        if troubles:
            raise troubles.pop()

    worker = Worker(stage.rings, pipeline=[("profile", duty)])
    worker.once()
    assert stage_of(stage, "profile").failures == 1
    worker.once()
    worker.stop()
    assert stage_of(stage, "profile").failures == 0


def test_of_two_workers_one_runs_a_duty_and_the_other_takes_over_when_it_dies(
    stage: Scene,
) -> None:
    first, second = list[str](), list[str]()
    dies = Worker(stage.rings, pipeline=[noted(first, "profile")])
    waits = Worker(replace(stage.rings, worker="worker-2"), pipeline=[noted(second, "profile")])
    dies.once()
    waits.once()
    assert (first, second) == (["profile"], [])
    stage.clock.move(LEASE + SECOND)
    waits.once()
    dies.once()
    assert (first, second) == (["profile"], ["profile"])
    waits.stop()
    dies.stop()


def test_a_worker_that_stops_gives_its_leases_back(stage: Scene) -> None:
    told: list[str] = []
    worker = Worker(stage.rings, pipeline=[noted(told, "profile")])
    worker.once()
    worker.stop()
    with stage.database.unit("other", stage.clock()) as unit:
        assert leases.hold(unit, "profile", "other", LEASE)


def test_a_worker_that_begins_does_not_wait_for_one_that_died_on_its_host(stage: Scene) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    host = here().rpartition("-")[0]
    with stage.database.unit("w", stage.clock()) as unit:
        leases.hold(unit, "profile", f"{host}-{dead.pid}", LEASE)
        leases.hold(unit, "detect", f"elsewhere-{dead.pid}", LEASE)
    ran = threading.Event()
    told: list[str] = []

    def profile(_rings: Rings, _now: datetime) -> None:
        ran.set()

    worker = Worker(
        replace(stage.rings, worker=here()),
        pipeline=[noted(told, "detect"), ("profile", profile)],
    )
    worker.start()
    assert ran.wait(PATIENCE_S)
    worker.stop()
    assert told == []


def test_a_lease_is_renewed_before_it_ends(stage: Scene) -> None:
    told: list[str] = []
    worker = Worker(stage.rings, pipeline=[noted(told, "profile")])
    for _ in range(12):
        worker.once()
        stage.clock.move(LEASE / 4)
    with stage.database.unit("other", stage.clock()) as unit:
        assert not leases.hold(unit, "profile", "other", LEASE)
    worker.stop()
    assert len(told) == 12


def test_a_slow_pipeline_does_not_delay_a_page(stage: Scene) -> None:
    release = threading.Event()
    begun = threading.Event()

    def slow(_rings: Rings, _now: datetime) -> None:
        begun.set()
        assert release.wait(2 * PATIENCE_S)

    rings = replace(stage.rings, pause_s=0.001, paging_pause_s=0.001)
    arrived = threading.Event()
    stage.mail.on_take = arrived.set
    worker = Worker(rings, pipeline=[("detect", slow)])
    worker.start()
    try:
        assert begun.wait(PATIENCE_S)
        stage.declare_incident()
        assert arrived.wait(PATIENCE_S)
    finally:
        release.set()
        worker.stop()


def test_a_slow_pipeline_does_not_delay_what_other_monitoring_says(stage: Scene) -> None:
    release, begun, arrived = threading.Event(), threading.Event(), threading.Event()

    def slow(_rings: Rings, _now: datetime) -> None:
        begun.set()
        assert release.wait(2 * PATIENCE_S)

    rings = replace(stage.rings, pause_s=0.001, paging_pause_s=0.001)
    stage.mail.on_take = arrived.set
    worker = Worker(rings, pipeline=[("detect", slow)])
    worker.start()
    try:
        assert begun.wait(PATIENCE_S)
        sent(stage, ERRORS)
        assert arrived.wait(PATIENCE_S)
    finally:
        release.set()
        worker.stop()


def test_stop_ends_the_threads_and_nothing_runs_afterwards(stage: Scene) -> None:
    told: list[str] = []
    others = set(threading.enumerate())  # a guard of an earlier test may still have some
    worker = Worker(
        replace(stage.rings, pause_s=60, paging_pause_s=60), pipeline=[noted(told, "profile")]
    )
    worker.start()
    worker.stop()
    before = len(told)
    begun = set(threading.enumerate()) - others
    assert not [thread for thread in begun if thread.name.startswith("tocsin-")]
    assert len(told) == before


def test_when_the_database_is_away_the_threads_live_on(
    stage: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[datetime] = []
    enough = threading.Event()

    def clock() -> datetime:
        looks.append(stage.clock())
        if len(looks) > 10:
            enough.set()
            return stage.clock()
        raise OSError("the disk is away")

    told: list[str] = []
    rings = replace(stage.rings, clock=clock, pause_s=0.001, paging_pause_s=0.001)
    worker = Worker(rings, pipeline=[noted(told, "profile")])
    worker.start()
    assert enough.wait(PATIENCE_S)
    worker.stop()
    assert "the disk is away" in caplog.text

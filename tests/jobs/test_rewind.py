"""A clock that is put back puts off no call; clocks that merely differ bring none forward."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.jobs.scene import MINUTE, SECOND, Scene, keys, scene
from tocsin.incident.incident import EntryKind, Incident, Severity
from tocsin.jobs import oncall
from tocsin.store import incidents, pages

HOUR = 60 * MINUTE
STEP = 5 * SECOND


@pytest.fixture(params=["with a steady clock", "without"])
def stage(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Scene]:
    for one in scene(tmp_path):
        if request.param != "without":
            one.rings = replace(one.rings, steady=one.clock.steady)
        yield one


def work(stage: Scene, for_: timedelta) -> None:
    """Let time pass, in steps of some seconds."""
    for _ in range(for_ // STEP):
        oncall.escalate(stage.rings, stage.clock())
        oncall.deliver(stage.rings, stage.clock())
        stage.clock.move(STEP)


def told(stage: Scene) -> list[str]:
    return keys([*stage.mail.taken, *stage.hook.taken])


def timeline(stage: Scene, incident: Incident) -> list[str]:
    with stage.database.reading() as conn:
        entries = incidents.timeline(conn, incident.id)
    return [one.text for one in entries if one.kind is EntryKind.PAGE]


@pytest.mark.parametrize("back", [20 * SECOND, HOUR])
def test_the_next_step_comes_as_soon_as_it_would_have(stage: Scene, back: timedelta) -> None:
    incident = stage.declare_incident()
    work(stage, 2 * MINUTE)
    stage.clock.set(-back)
    work(stage, 2 * MINUTE + 50 * SECOND)
    assert told(stage) == ["0/0/lending/mail"]
    work(stage, 25 * SECOND)
    assert told(stage) == ["0/0/lending/mail", "1/0/duty/hook"]
    assert sum("clock was put back" in text for text in timeline(stage, incident)) == 1
    work(stage, 10 * MINUTE + 15 * SECOND)
    assert "1/1/duty/hook" in told(stage)


@pytest.mark.parametrize("seed", range(3))
def test_however_the_clock_jumps_no_call_comes_later_than_by_a_clock_that_is_right(
    stage: Scene, seed: int
) -> None:
    random = Random(seed)
    stage.declare_incident()
    came_at: dict[str, int] = {}
    for second in range(0, 16 * 60, 5):
        if random.random() < 1 / 40:
            stage.clock.set(random.choice([-1, 1]) * random.choice([3, 30, 600, 9000]) * SECOND)
        work(stage, STEP)
        for key in told(stage):
            came_at.setdefault(key, second)
    assert came_at["0/0/lending/mail"] == 0
    assert came_at["1/0/duty/hook"] <= 5 * 60 + 30
    later = [at for key, at in came_at.items() if key.startswith(("1/1", "2/"))]
    assert min(later) <= 15 * 60 + 45


@pytest.mark.parametrize("away", [20 * SECOND, 160 * SECOND])
@pytest.mark.parametrize("stage", ["with a steady clock"], indirect=True)
def test_nobody_need_be_there_when_it_is_put_back(stage: Scene, away: timedelta) -> None:
    incident = stage.declare_incident()
    work(stage, 2 * MINUTE)
    stage.clock.move(away / 2)  # no worker, or none that reaches the database
    stage.clock.set(-10 * MINUTE)
    stage.clock.move(away / 2)
    work(stage, 3 * MINUTE - away + 2 * STEP)
    assert told(stage) == ["0/0/lending/mail", "1/0/duty/hook"]
    assert sum("put back by 600 s" in text for text in timeline(stage, incident)) == 1


def test_a_clock_that_is_put_forward_and_back_while_nobody_looks_did_not_jump(stage: Scene) -> None:
    incident = stage.declare_incident()
    work(stage, MINUTE)
    stage.clock.set(HOUR)
    stage.clock.move(MINUTE)
    stage.clock.set(-HOUR)
    work(stage, MINUTE)
    assert not any("clock" in text for text in timeline(stage, incident))


def test_two_workers_of_one_host_move_it_once(stage: Scene) -> None:
    stage.declare_incident()
    work(stage, 2 * MINUTE)
    stage.clock.set(-HOUR)
    for number in range(2):
        oncall.escalate(replace(stage.rings, worker=f"worker-{number}"), stage.clock())
    work(stage, 2 * MINUTE)
    assert told(stage) == ["0/0/lending/mail"]


def test_hosts_whose_clocks_differ_bring_nothing_forward(stage: Scene) -> None:
    stage.declare_incident()
    ahead = replace(stage.rings, worker="ahead-1")
    for _ in range(20):
        oncall.escalate(ahead, stage.clock() + MINUTE)
        work(stage, STEP)
    assert told(stage) == ["0/0/lending/mail"]


def test_an_incident_of_the_clock_as_it_is_now_is_left_alone(stage: Scene) -> None:
    work(stage, MINUTE)
    stage.clock.set(-HOUR)
    incident = stage.declare_incident()
    work(stage, MINUTE)
    assert told(stage) == ["0/0/lending/mail"]
    assert not any("clock" in text for text in timeline(stage, incident))


def test_what_was_opened_by_a_clock_that_was_ahead_pages_now(stage: Scene) -> None:
    stage.clock.set(HOUR)  # of another host, and no worker ever saw it
    incident = stage.declare_incident()
    stage.clock.set(-HOUR)
    work(stage, MINUTE)
    assert told(stage) == ["0/0/lending/mail"]
    work(stage, 4 * MINUTE + 15 * SECOND)
    assert told(stage) == ["0/0/lending/mail", "1/0/duty/hook"]
    assert sum("clock was put back" in text for text in timeline(stage, incident)) == 1


def test_what_wakes_nobody_is_not_made_to(stage: Scene) -> None:
    stage.declare_incident(Severity.SEV3)
    work(stage, MINUTE)
    stage.clock.set(-HOUR)
    work(stage, MINUTE)
    assert told(stage) == []


def test_a_page_out_with_a_dead_worker_is_taken_over_in_time(stage: Scene) -> None:
    stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    (page,) = oncall.claim(stage.rings, stage.clock(), 1)
    stage.clock.set(-HOUR)
    work(stage, stage.rings.lease + 2 * STEP)
    assert told(stage) == ["0/0/lending/mail"]
    with stage.database.reading() as conn:
        assert pages.get(conn, page.id).attempts == 2

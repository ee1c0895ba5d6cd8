"""What cannot be put back calls people, and is tried until somebody mends it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.jobs.bench import Bench, bench_of
from tests.jobs.dial import FIRST, fault
from tests.jobs.scene import MINUTE, Scene
from tocsin.alert.ports import Reason
from tocsin.contain.act import Outlet, Phase
from tocsin.incident.incident import State
from tocsin.integrations.flagd.actuator import Flag
from tocsin.integrations.flagd.settings import Settings
from tocsin.jobs import act as duty
from tocsin.jobs import updates
from tocsin.store import incidents


@pytest.fixture
def bench(stage: Scene, tmp_path: Path) -> Bench:
    return bench_of(stage, tmp_path)


def test_an_end_that_is_refused_calls_people_and_is_tried_until_somebody_mends_it(
    bench: Bench,
) -> None:
    bench.begin_led()
    bench.work()
    denied = fault(retryable=False, reason=Reason.CONFIGURATION)  # 401: a token ran out meanwhile
    bench.dial.faults = [denied] * 6
    bench.stage.clock.move(timedelta(hours=1))
    bench.work(3, MINUTE)
    assert bench.called() == []
    bench.work(1, MINUTE)
    with bench.stage.database.reading() as conn:
        assert incidents.get(conn, bench.incident.id).state is State.OPEN
    assert bench.called() == ["Calling again: dial outlives its containment and is not put back."]
    assert bench.lines[-1] == (
        "dial (dial) is not put back yet, and tried again: dial said no. Told lending by mail."
    )
    updates.deliver(bench.stage.rings, bench.stage.clock())
    assert [one.subject.split()[0] for one in bench.stage.mail.taken] == ["[STUCK]"]
    bench.work(5, MINUTE)
    assert (bench.shown, bench.last.phase) == (FIRST, Phase.REVERTED)
    assert len(bench.called()) == 1


def test_an_end_that_never_works_calls_people_once_more_when_it_is_given_up(bench: Bench) -> None:
    bench.begin_led()
    bench.work()
    bench.dial.faults = [fault(retryable=False)] * 1000
    bench.stage.clock.move(timedelta(hours=1))
    bench.work(5, MINUTE)
    assert len(bench.called()) == 1
    bench.stage.clock.move(duty.REVERT_FOR)
    bench.work(2)
    assert bench.last.phase is Phase.FAILED
    assert "was not put back: dial said no. Do it by hand" in bench.lines[-1]
    assert len(bench.called()) == 2
    updates.deliver(bench.stage.rings, bench.stage.clock())
    assert len(bench.stage.mail.taken) == 2


def test_what_a_person_changed_calls_people_at_once(bench: Bench) -> None:
    bench.begin_led()
    bench.work()
    bench.dial.file.write_text('"by hand"')
    bench.stage.clock.move(timedelta(hours=1))
    bench.work(1)
    assert bench.last.phase is Phase.FAILED
    assert len(bench.called()) == 1


def test_a_flag_whose_file_is_gone_at_the_end_is_put_back_once_it_is_there_again(
    bench: Bench, tmp_path: Path
) -> None:
    flags = {"flags": {"loans": {
        "state": "ENABLED", "variants": {"model": 1, "people": 2}, "defaultVariant": "model"
    }}}  # fmt: skip
    file, away = tmp_path / "flags.json", tmp_path / "away.json"
    file.write_text(json.dumps(flags))
    settings = {"file": str(file), "flag": "loans", "variants": {"review": "people"}}
    flag = Outlet(
        name="flag", kind="flagd", system="loans", actuator=Flag(Settings.parse(settings))
    )
    bench.stage.rings = replace(bench.stage.rings, actuators={"flag": flag})
    bench.begin_led()
    bench.work()
    assert '"defaultVariant": "people"' in file.read_text()
    file.rename(away)
    bench.stage.clock.move(timedelta(hours=1))
    bench.work(5, MINUTE)
    assert bench.last.phase is not Phase.FAILED
    assert len(bench.called()) == 1
    assert "the flag file cannot be used: No such file or directory" in bench.lines[-1]
    away.rename(file)
    bench.work(2, MINUTE)
    assert bench.last.phase is Phase.REVERTED
    assert json.loads(file.read_text()) == flags

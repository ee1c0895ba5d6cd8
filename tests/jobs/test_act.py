"""Acts outside: every one is a row first, happens once, is read back, and is put back exactly."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.jobs.acting import BOUNDARIES, Killed
from tests.jobs.bench import Bench, bench_of
from tests.jobs.dial import FIRST, directive, fault
from tests.jobs.scene import MINUTE, SECOND, Scene
from tocsin.contain.act import Deed, Phase
from tocsin.contain.directive import Action
from tocsin.jobs import act as duty
from tocsin.store import acts, containment


@pytest.fixture
def bench(stage: Scene, tmp_path: Path) -> Bench:
    return bench_of(stage, tmp_path)


def test_a_directive_is_applied_once_told_and_put_back_when_it_is_lifted(bench: Bench) -> None:
    one = bench.begin()
    bench.work()
    assert (bench.shown, bench.dial.wrote) == ('["review"]', 1)
    done = bench.last
    assert (done.phase, done.before, done.after) == (Phase.APPLIED, FIRST, '["review"]')
    bench.lift(one)
    bench.work()
    assert (bench.shown, bench.dial.wrote) == (FIRST, 2)
    assert (bench.last.phase, bench.last.deed) == (Phase.REVERTED, Deed.REVERT)
    assert bench.lines == [
        'dial (dial): now the dial is at ["review"], before the dial is at "as it was"; read back.',
        'dial (dial): put back, now the dial is at "as it was"; read back.',
    ]
    assert len(set(bench.dial.keys)) == 2


def test_a_directive_that_expires_is_put_back_too(bench: Bench) -> None:
    bench.begin()
    bench.work()
    bench.stage.clock.move(timedelta(hours=1))
    bench.work()
    assert (bench.shown, bench.last.phase) == (FIRST, Phase.REVERTED)


def test_several_directives_are_one_setting_and_leave_it_one_by_one(bench: Bench) -> None:
    one, two = bench.begin(), bench.begin("dir_2", Action.FALLBACK)
    bench.work()
    assert bench.shown == '["review", "fallback"]'
    bench.lift(one)
    bench.work()
    assert bench.shown == '["fallback"]'
    assert "for what is still in force" in bench.lines[-1]
    bench.lift(two)
    bench.work()
    assert bench.shown == FIRST


def test_what_nobody_serves_is_nobodys_to_do(bench: Bench) -> None:
    bench.begin(action=Action.BLOCK)
    bench.work()
    assert (bench.rows, bench.shown) == ([], FIRST)


def test_an_actuator_declared_since_the_approval_was_approved_by_nobody(bench: Bench) -> None:
    one = replace(directive("dir_1", bench.stage.clock(), bench.incident.id), plan="plan_1")
    with bench.stage.database.unit("aspen", bench.stage.clock()) as unit:
        containment.add_directives(unit, [one])
    bench.work()
    assert (bench.rows, bench.shown) == ([], FIRST)


def test_a_setting_that_is_as_wanted_already_is_not_written(bench: Bench) -> None:
    bench.dial.file.write_text('["review"]')
    bench.dial.aims = '["review"]'
    one = bench.begin()
    bench.work()
    bench.lift(one)
    bench.work()
    assert (bench.dial.wrote, bench.shown) == (0, '["review"]')
    assert [row.act.phase for row in bench.rows] == [Phase.APPLIED, Phase.REVERTED]
    assert "already; nothing was changed" in bench.lines[0]


def test_what_a_person_changed_is_left_alone_and_said(bench: Bench) -> None:
    one = bench.begin()
    bench.work()
    bench.dial.file.write_text('"by hand"')
    bench.lift(one)
    bench.work(10, MINUTE)
    assert (bench.shown, bench.dial.wrote) == ('"by hand"', 1)
    assert bench.last.phase is Phase.FAILED
    assert "somebody else changed it meanwhile" in bench.lines[-1]
    assert "Do it by hand" in bench.lines[-1]
    assert len(bench.lines) == 2


def test_after_that_it_begins_anew_from_what_the_person_left(bench: Bench) -> None:
    one = bench.begin()
    bench.work()
    bench.dial.file.write_text('"by hand"')
    bench.lift(one)
    bench.work()
    bench.dial.file.write_text(FIRST)
    two = bench.begin("dir_2", Action.FALLBACK)
    bench.work()
    assert bench.shown == '["fallback"]'
    bench.lift(two)
    bench.work()
    assert bench.shown == FIRST


def test_what_may_pass_is_tried_again_and_told_once(bench: Bench) -> None:
    bench.dial.faults = [fault(retryable=True)] * 6
    bench.begin()
    bench.work(9, MINUTE)
    assert (bench.shown, bench.dial.wrote) == ('["review"]', 1)
    assert [line.partition(":")[0] for line in bench.lines] == [
        "dial (dial) is not done yet, and tried again",
        "dial (dial)",
    ]


def test_what_cannot_pass_fails_at_once_changes_nothing_and_is_not_tried_again(
    bench: Bench,
) -> None:
    bench.dial.faults = [fault(retryable=False)]
    one = bench.begin()
    bench.work(5, MINUTE)
    assert (bench.shown, bench.dial.wrote, bench.last.phase) == (FIRST, 0, Phase.FAILED)
    assert bench.lines == ["dial (dial) failed: dial said no. Nothing was changed there."]
    bench.lift(one)
    bench.work()
    assert len(bench.rows) == 1


def test_tries_end_some_day(bench: Bench) -> None:
    bench.dial.faults = [fault(retryable=True)] * 1000
    bench.begin()
    bench.work(50, MINUTE)
    assert (bench.rows[0].act.phase, bench.rows[0].attempts) == (Phase.FAILED, duty.MOST_TRIES)


def test_a_bug_in_an_actuator_loses_nothing(bench: Bench) -> None:
    bench.dial.faults = [ValueError("a secret")]
    bench.begin()
    bench.work(1)
    assert bench.rows[0].error == "broke: ValueError"
    bench.work(4)
    assert bench.shown == '["review"]'


def test_a_write_whose_answer_came_too_late_is_read_back_and_not_made_twice(bench: Bench) -> None:
    bench.dial.late = [fault(retryable=True)]
    bench.begin()
    bench.work(1)
    assert (bench.shown, bench.last.phase) == ('["review"]', Phase.APPLYING)
    bench.work(5)
    assert (bench.last.phase, bench.dial.wrote) == (Phase.APPLIED, 1)


def test_a_directive_that_ends_while_its_write_hangs_is_taken_back(bench: Bench) -> None:
    bench.dial.late = [fault(retryable=True)]
    one = bench.begin()
    bench.work(1)
    bench.lift(one)
    bench.work(5)
    assert [row.act.phase for row in bench.rows] == [Phase.DROPPED, Phase.REVERTED]
    assert bench.shown == FIRST


def test_a_write_that_was_refused_for_good_but_took_effect_is_taken_back(bench: Bench) -> None:
    bench.dial.late = [fault(retryable=False)]
    bench.begin()
    bench.work(5)
    assert [row.act.phase for row in bench.rows] == [Phase.FAILED, Phase.REVERTED]
    assert bench.shown == FIRST
    assert "taken back" in bench.lines[0]


def test_a_directive_that_ended_before_anything_was_done_leaves_no_trace(bench: Bench) -> None:
    bench.dial.faults = [fault(retryable=True)]
    one = bench.begin()
    bench.work(1)
    bench.lift(one)
    bench.work(5)
    assert [row.act.phase for row in bench.rows] == [Phase.DROPPED]
    assert (bench.dial.wrote, bench.lines) == (0, [])


def test_an_end_is_tried_for_a_day(bench: Bench) -> None:
    one = bench.begin()
    bench.work()
    bench.dial.faults = [fault(retryable=True)] * 60
    bench.lift(one)
    bench.work(90, 2 * MINUTE)
    assert (bench.shown, bench.last.phase) == (FIRST, Phase.REVERTED)


def test_an_actuator_that_is_gone_or_points_elsewhere_is_said(bench: Bench) -> None:
    one = bench.begin()
    bench.work()
    bench.dial.target = "another dial"
    bench.lift(one)
    bench.work()
    assert bench.last.phase is Phase.FAILED
    assert "is configured for another dial, and was for dial" in bench.lines[-1]
    bench.begin("dir_2")
    with bench.stage.database.unit("tocsin", bench.stage.clock()) as unit:
        tip = acts.tip(unit.conn, "dial")
        assert tip is not None
        acts.add(unit, replace(tip, id="act_x", seq=tip.seq + 1, phase=Phase.PENDING))
    bench.stage.rings = replace(bench.stage.rings, actuators={})
    bench.work(5, MINUTE)
    assert "is not configured any more" in bench.lines[-1]
    assert bench.last.phase is not Phase.FAILED  # it may be configured again


def test_two_workers_make_each_act_once(bench: Bench) -> None:
    bench.begin()
    other = replace(bench.stage.rings, worker="worker-2")
    now = bench.stage.clock.move(SECOND)
    (row,) = duty.claim(bench.stage.rings, now, 8)
    assert duty.claim(other, now, 8) == []
    duty.perform(bench.stage.rings, row)
    assert duty.claim(other, now, 8) == []
    assert bench.dial.wrote == 1


def test_a_worker_that_lost_its_lease_writes_nothing_any_more(bench: Bench) -> None:
    bench.begin()
    now = bench.stage.clock.move(SECOND)
    (lost,) = duty.claim(bench.stage.rings, now, 8)
    bench.stage.clock.move(bench.stage.rings.lease + SECOND)
    other = replace(bench.stage.rings, worker="worker-2")
    duty.run(other, bench.stage.clock())
    assert bench.dial.wrote == 1
    duty.perform(bench.stage.rings, lost)
    assert (bench.dial.wrote, bench.last.phase) == (1, Phase.APPLIED)


def test_a_pool_acts_without_holding_up_who_asks(bench: Bench) -> None:
    bench.begin()
    pool = duty.delivery(2)
    pool.run(bench.stage.rings, bench.stage.clock())
    pool.close()
    assert bench.last.phase is Phase.APPLIED


@pytest.mark.parametrize(
    "boundary",
    [
        # right after a commit is as right before the next step; the soak dies there as well
        pytest.param(one, marks=[pytest.mark.soak] if one.startswith("after commit") else [])
        for one in BOUNDARIES
    ],
)
def test_whoever_dies_at_any_step_is_followed_by_somebody_who_finishes(
    tmp_path: Path, boundary: str
) -> None:
    killed = Killed(tmp_path)
    assert killed.dies(boundary)
    phases, shown, writes = killed.finish()
    assert phases == ["applied", "reverted"]
    assert shown == FIRST
    assert writes <= 3  # at most one write is made again, with the same key

"""Pages are decided, sent, retried, handed on, and never lost, also when the process is killed."""

import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.alert.build import finding
from tests.integrations.webhook.receiver import Receiver
from tests.jobs.killed import BOUNDARIES, Crash
from tests.jobs.scene import DUTY, LENDING, MINUTE, POLICY, SECOND, Scene, fault, keys, scene
from tocsin.alert.links import check
from tocsin.incident import lifecycle
from tocsin.incident.incident import Incident, Severity
from tocsin.jobs import alert, oncall
from tocsin.jobs.delivery import Delivery
from tocsin.oncall.policy import Step
from tocsin.store import incidents, invariant, pages, tables
from tocsin.store.pages import PageState


def work(stage: Scene, by: timedelta = timedelta(0), step: timedelta = SECOND) -> None:
    """Run escalate and deliver now, and once per `step` until `by` has passed."""
    until = stage.clock() + by
    while True:
        oncall.escalate(stage.rings, stage.clock())
        oncall.deliver(stage.rings, stage.clock())
        if stage.clock() >= until:
            return
        stage.clock.move(step)


def acknowledge(stage: Scene, incident: Incident, *, stop_pages: bool = True) -> None:
    with stage.database.unit("lending", stage.clock()) as unit:
        taken, entries = lifecycle.acknowledge(
            incidents.get(unit.conn, incident.id),
            actor="lending",
            now=stage.clock(),
            entry_id=unit.new_id("ent"),
        )
        incidents.save(unit, taken, entries)
        if stop_pages:
            pages.acknowledge(unit, incident.id, "lending")


def timeline(stage: Scene, incident: Incident) -> list[str]:
    with stage.database.reading() as conn:
        return [entry.text for entry in incidents.timeline(conn, incident.id)]


def test_a_declared_incident_is_paged_at_once_and_the_next_step_is_planned(stage: Scene) -> None:
    incident = stage.declare_incident()
    work(stage)
    assert keys(stage.mail.taken) == ["0/0/lending/mail"]
    assert timeline(stage, incident)[-1] == "paged lending by e-mail"
    with stage.database.reading() as conn:
        assert pages.unguarded(conn, stage.clock()) == []


def test_the_page_holds_a_signed_link_and_the_facts(stage: Scene) -> None:
    for _ in range(2):
        stage.clock.move(MINUTE)
        stage.observe(replace(finding(slice_="sex=f"), n=int(stage.clock.now.minute)))
        alert.run(stage.rings, stage.clock())
    oncall.deliver(stage.rings, stage.clock())
    (notice,) = stage.mail.taken
    link, _, signature = notice.acknowledge_url.partition("?s=")
    assert check(stage.rings.secret, link.rpartition("/")[2], signature)
    assert notice.incident_url == "http://localhost:8470/incidents/1"
    assert "approvals fell from 31.2 % to 4.0 % for sex=f" in notice.text


def test_who_contained_it_can_be_called_again(stage: Scene) -> None:
    incident = stage.declare_incident()
    with stage.database.unit("lending", stage.clock()) as unit:
        one, _ = lifecycle.contain(incident, actor="lending", now=stage.clock(), entry_id="a")
        one, entries = lifecycle.call_again(one, now=stage.clock(), entry_id="b", why="it harms")
        incidents.save(unit, one, entries)
    work(stage)
    assert keys(stage.mail.taken) == ["0/0/lending/mail"]


def test_nobody_is_woken_for_a_sev3(stage: Scene) -> None:
    stage.declare_incident(Severity.SEV3)
    work(stage, 60 * MINUTE, MINUTE)
    assert stage.mail.taken == []


def test_it_escalates_step_by_step_and_the_catch_all_goes_on(stage: Scene) -> None:
    incident = stage.declare_incident()
    work(stage, 50 * MINUTE, MINUTE / 2)
    assert keys(stage.mail.taken) == [
        "0/0/lending/mail",
        "2/0/boss/mail",
        "2/1/boss/mail",
        "2/2/boss/mail",
    ]
    assert keys(stage.hook.taken) == ["1/0/duty/hook", "1/1/duty/hook"]
    assert timeline(stage, incident).count("paged boss by e-mail") == 3


@pytest.mark.parametrize("stop_pages", [True, False])
def test_after_acknowledgement_nobody_is_called(stage: Scene, stop_pages: bool) -> None:
    incident = stage.declare_incident()
    work(stage)
    acknowledge(stage, incident, stop_pages=stop_pages)
    work(stage, 60 * MINUTE, MINUTE)
    assert len(stage.mail.taken) == 1
    assert stage.hook.taken == []


def test_a_passing_fault_is_retried_with_growing_waits(stage: Scene) -> None:
    incident = stage.declare_incident()
    stage.mail.faults = [fault(retryable=True) for _ in range(4)]
    tries: list[int] = []
    for second in range(20):
        before = len(stage.mail.faults) + len(stage.mail.taken)
        left = len(stage.mail.faults)
        work(stage)
        if (
            len(stage.mail.faults) != left
            or len(stage.mail.taken) + len(stage.mail.faults) != before
        ):
            tries.append(second)
        stage.clock.move(SECOND)
    assert tries == [0, 1, 3, 7, 15]
    assert keys(stage.mail.taken) == ["0/0/lending/mail"]
    told = timeline(stage, incident)[1:]
    assert told == [
        "could not page lending by mail yet, trying again: receiver said no",
        "paged lending by e-mail",
    ]


def spoil(stage: Scene, incident: Incident) -> None:
    """Write a policy by hand that nobody can read."""
    with stage.database.unit("intruder", stage.clock()) as unit:
        row = sa.update(tables.incident).where(tables.incident.c.id == incident.id)
        unit.conn.execute(row.values(policy={"name": 7}))


def test_an_incident_that_cannot_be_read_holds_up_no_other_and_is_complained_of(
    stage: Scene,
) -> None:
    bad, good = stage.declare_incident(), stage.declare_incident()
    spoil(stage, bad)
    with pytest.raises(ExceptionGroup, match="some incidents") as told:
        oncall.escalate(stage.rings, stage.clock())
    assert [trouble.__notes__ for trouble in told.value.exceptions] == [[f"incident {bad.id}"]]
    oncall.deliver(stage.rings, stage.clock())
    (notice,) = stage.mail.taken
    assert notice.incident == good.id


def test_what_cannot_be_read_when_its_page_is_due_holds_up_no_other(stage: Scene) -> None:
    bad, good = stage.declare_incident(), stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    spoil(stage, bad)
    for _ in range(8):
        with pytest.raises(ExceptionGroup, match="some pages") as told:
            oncall.deliver(stage.rings, stage.clock())
        assert len(told.value.exceptions) == 1
        stage.clock.move(stage.rings.lease)
    (notice,) = stage.mail.taken
    assert notice.incident == good.id
    with stage.database.reading() as conn:
        first, _ = pages.of_incident(conn, bad.id)
        (broken,) = invariant.broken(conn, stage.clock())
    assert broken.startswith(f"{bad.id}: a page due")
    assert first.attempts == 8
    assert first.error is not None
    assert first.error.startswith("it could not be composed: policy of an incident")
    said = [line for line in timeline(stage, bad) if "could not compose" in line]
    assert len(said) == 1


def test_a_final_refusal_calls_the_next_contact_at_once_and_says_so(stage: Scene) -> None:
    incident = stage.declare_incident()
    stage.mail.broken = fault(retryable=False)
    work(stage, SECOND)
    assert keys(stage.hook.taken) == ["1/0/duty/hook"]
    assert timeline(stage, incident)[1:] == [
        "could not page lending by mail: receiver said no; calling duty at once",
        "paged duty by webhook",
    ]
    with stage.database.reading() as conn:
        assert pages.unguarded(conn, stage.clock()) == []


def test_when_nobody_can_be_reached_the_catch_all_is_tried_for_ever_without_a_storm(
    stage: Scene,
) -> None:
    incident = stage.declare_incident()
    stage.mail.broken = stage.hook.broken = fault(retryable=False)
    work(stage, 3 * SECOND)
    assert [line.partition(";")[2] for line in timeline(stage, incident)[1:]] == [
        " calling duty at once",
        " calling boss at once",
        " the last resort is tried again",
    ]
    work(stage, 60 * MINUTE, MINUTE)
    assert len(timeline(stage, incident)) < 12
    stage.mail.broken = None
    work(stage, 10 * MINUTE, MINUTE)
    assert keys(stage.mail.taken)[0].startswith("2/")


def test_one_way_of_a_step_that_works_is_enough(stage: Scene) -> None:
    both = replace(POLICY, steps=(Step(timedelta(0), (LENDING, DUTY)), *POLICY.steps[1:]))
    stage.rings = replace(stage.rings, policy=both)
    incident = stage.declare_incident()
    stage.mail.broken = fault(retryable=False)
    work(stage, 2 * SECOND)
    assert keys(stage.hook.taken) == ["0/0/duty/hook"]
    assert "could not page lending by mail: receiver said no" in timeline(stage, incident)


def test_a_channel_nobody_declared_does_not_lose_the_page(stage: Scene) -> None:
    incident = stage.declare_incident()
    stage.rings = replace(stage.rings, notifiers={"hook": stage.hook})
    work(stage, SECOND)
    assert "no channel is called 'mail'; calling duty at once" in timeline(stage, incident)[1]
    assert keys(stage.hook.taken) == ["1/0/duty/hook"]


def test_a_notifier_that_breaks_is_retried_and_its_words_are_not_repeated(stage: Scene) -> None:
    incident = stage.declare_incident()
    stage.mail.faults = [RuntimeError("password=hush")]
    work(stage, SECOND)
    assert len(stage.mail.taken) == 1
    told = " ".join(timeline(stage, incident))
    assert "RuntimeError" in told
    assert "hush" not in told


def test_a_page_that_was_sent_without_a_receipt_is_sent_again_under_the_same_key(
    stage: Scene,
) -> None:
    stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    (page,) = oncall.claim(stage.rings, stage.clock(), 8)
    stage.mail.taken.append(oncall._notice(stage.rings, page))  # pyright: ignore[reportPrivateUsage] - the crash: it went out and nothing was written
    work(stage, stage.rings.lease)
    assert keys(stage.mail.taken) == ["0/0/lending/mail"] * 2
    first, second = stage.mail.taken
    assert first == second


def test_a_slow_receiver_holds_up_nobody_elses_page(stage: Scene) -> None:
    slow = threading.Event()
    stage.mail.gate = slow
    both = replace(POLICY, steps=(Step(timedelta(0), (LENDING, DUTY)), *POLICY.steps[1:]))
    stage.rings = replace(stage.rings, policy=both)
    stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    delivery = Delivery(2, oncall.claim, oncall.send, pages.renew)
    arrived = threading.Event()
    stage.hook.on_take = arrived.set
    try:
        delivery.run(stage.rings, stage.clock())
        assert arrived.wait(5)
        assert stage.mail.taken == []
    finally:
        slow.set()
        delivery.close()
    assert keys(stage.mail.taken) == ["0/0/lending/mail"]


def test_only_free_threads_claim(stage: Scene) -> None:
    stage.mail.gate = threading.Event()
    for _ in range(3):
        stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    delivery = Delivery(1, oncall.claim, oncall.send, pages.renew)
    try:
        for _ in range(3):
            delivery.run(stage.rings, stage.clock())
        with stage.database.reading() as conn:
            due = pages.overdue(conn, stage.clock() + SECOND)
        assert [page.state for page in due] == [PageState.DUE] * 2
    finally:
        stage.mail.gate.set()
        delivery.close()


def test_who_is_still_sending_keeps_the_page_and_who_hangs_loses_it(stage: Scene) -> None:
    stage.mail.gate = threading.Event()
    stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    delivery = Delivery(1, oncall.claim, oncall.send, pages.renew)
    other = replace(stage.rings, worker="other-1")
    free_after: timedelta | None = None
    try:
        for second in range(200):
            delivery.run(stage.rings, stage.clock())
            if oncall.claim(other, stage.clock(), 1):
                free_after = second * SECOND
                break
            stage.clock.move(SECOND)
    finally:
        stage.mail.gate.set()
        delivery.close()
    assert free_after is not None
    assert 60 * SECOND < free_after < 120 * SECOND


def test_what_could_not_be_recorded_is_told_at_the_next_round(stage: Scene) -> None:
    incident = stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    delivery = Delivery(1, oncall.claim, oncall.send, pages.renew)
    broken = replace(stage.rings, clock=_no_clock)
    delivery.run(broken, stage.clock())
    while not all(future.done() for future in delivery._out):  # pyright: ignore[reportPrivateUsage] - waits for the pool
        pass
    with pytest.raises(ZeroDivisionError):
        delivery.run(stage.rings, stage.clock())
    delivery.close()
    work(stage, stage.rings.lease)
    assert "paged lending by e-mail" in timeline(stage, incident)


def _no_clock() -> object:
    raise ZeroDivisionError


def test_two_workers_never_send_the_same_page(stage: Scene) -> None:
    for _ in range(12):
        stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    others = [replace(stage.rings, worker=f"worker-{k}", senders=20) for k in range(4)]
    threads = [
        threading.Thread(target=oncall.deliver, args=(rings, stage.clock())) for rings in others
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [notice.key for notice in stage.mail.taken]
    assert len(sent) == len(set(sent)) == 12


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_whatever_fails_and_sleeps_an_unacknowledged_incident_is_guarded(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    random = Random(seed)
    for stage in scene(tmp_path_factory.mktemp("any")):
        stage.declare_incident()
        for _ in range(12):
            for inbox in (stage.mail, stage.hook):
                inbox.faults = [fault(retryable=random.random() < 0.5)] * random.choice(
                    [0, 0, 1, 2]
                )
            oncall.escalate(stage.rings, stage.clock())
            if random.random() < 0.7:
                oncall.deliver(stage.rings, stage.clock())
            oncall.escalate(stage.rings, stage.clock())
            with stage.database.reading() as conn:
                assert pages.unguarded(conn, stage.clock()) == []
            stage.clock.move(timedelta(seconds=random.choice([0, 1, 5, 60, 400, 4000])))


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_killed_at_any_boundary_no_page_is_lost_and_one_is_doubled_at_most(
    tmp_path: Path, boundary: str
) -> None:
    receiver = Receiver()
    try:
        crash = Crash(tmp_path, receiver.url)
        crash.declare(2)
        crash.run(boundary)
        assert crash.deaths == 1
        crash.finish()
        crash.judge([json.loads(body)["key"] for body in receiver.bodies])
    finally:
        receiver.close()

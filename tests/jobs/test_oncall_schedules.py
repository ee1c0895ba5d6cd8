"""Pages by schedule: who is on call when a page is due gets it, nobody else, and never nobody."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.jobs.scene import SECOND, Scene, fault, keys, scene
from tests.jobs.test_oncall import timeline, work
from tests.oncall.roster import HEAD, HOUR, LEAD, MINUTE, NIGHT, OPENED, POLICY, override
from tocsin.jobs import oncall as duty
from tocsin.oncall.escalation import outdated
from tocsin.oncall.policy import Step
from tocsin.oncall.schedule import Override
from tocsin.store import incidents, oncall, pages


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Scene]:
    yield from scene(tmp_path, POLICY)


def cover(play: Scene, what: Override) -> str:
    with play.database.unit("lending-lead", play.clock()) as unit:
        return oncall.override(unit, "lending", what, "swapped").id


def test_a_hand_off_between_opening_and_due_pages_the_new_person(play: Scene) -> None:
    play.declare_incident()
    work(play, 12 * MINUTE, MINUTE)
    assert keys(play.mail.taken) == ["0/0/lending-deputy/mail", "1/0/lending-lead/mail"]


def test_an_override_made_after_the_page_was_planned_is_obeyed(play: Scene) -> None:
    play.declare_incident()
    work(play, 2 * MINUTE, MINUTE)
    cover(play, override("guest", play.clock(), play.clock() + HOUR))
    work(play, 10 * MINUTE, MINUTE)
    assert keys(play.mail.taken) == ["0/0/lending-deputy/mail", "1/0/guest/mail"]


def test_delivery_alone_obeys_an_override_while_the_escalating_duty_is_dead(play: Scene) -> None:
    play.declare_incident()
    work(play)
    id_ = cover(play, override("guest", OPENED, OPENED + HOUR))
    play.clock.move(10 * MINUTE)
    duty.deliver(play.rings, play.clock())
    assert keys(play.mail.taken)[1:] == ["1/0/guest/mail"]
    with play.database.unit("guest", play.clock()) as unit:
        oncall.withdraw_override(unit, id_)
    work(play)  # she was called; the lead is not woken for the same step
    assert keys(play.mail.taken)[1:] == ["1/0/guest/mail"]


def test_in_a_gap_the_next_step_is_told_at_once_and_the_reason_says_why(play: Scene) -> None:
    play.clock.now = NIGHT
    incident = play.declare_incident()
    work(play)
    (notice,) = play.mail.taken
    assert keys([notice]) == ["0/0/risk-lead/mail"]
    why = "nobody was on call in schedule 'lending'"
    assert f"You are told because {why} (step 1 of 3)." in notice.text
    assert timeline(play, incident)[-1] == f"paged risk-lead by e-mail: {why}"
    with play.database.reading() as conn:
        assert pages.unguarded(conn, play.clock()) == []


def test_a_policy_of_gaps_alone_pages_the_catch_all_and_goes_on(tmp_path: Path) -> None:
    for play in scene(tmp_path, replace(POLICY, steps=POLICY.steps[:1])):
        play.clock.now = NIGHT
        play.declare_incident()
        work(play, 21 * MINUTE, MINUTE)
        assert keys(play.mail.taken) == ["0/0/head/mail", "0/1/head/mail", "1/0/head/mail"]


def test_the_next_way_of_a_person_is_tried_when_the_preferred_one_fails(play: Scene) -> None:
    incident = play.declare_incident()
    play.mail.broken = fault(retryable=False)
    work(play, SECOND)
    assert keys(play.hook.taken) == ["0/0/lending-deputy/hook"]
    assert timeline(play, incident)[1:] == [
        "could not page lending-deputy by mail: receiver said no; trying hook at once",
        "paged lending-deputy by webhook",
    ]


def test_a_way_that_stays_broken_is_joined_by_the_next_one(play: Scene) -> None:
    incident = play.declare_incident()
    play.mail.broken = fault(retryable=True)
    work(play, MINUTE / 10)
    assert keys(play.hook.taken) == ["0/0/lending-deputy/hook"]
    assert (
        "could not page lending-deputy by mail: receiver said no; trying hook as well"
        in timeline(play, incident)
    )
    play.mail.broken = None
    work(play, MINUTE)
    assert keys(play.mail.taken) == ["0/0/lending-deputy/mail"]


def test_when_no_way_of_a_person_works_the_next_step_is_called(tmp_path: Path) -> None:
    steps = (Step(0 * MINUTE, (), people=("lending-lead",)), POLICY.steps[2])
    for play in scene(tmp_path, replace(POLICY, steps=steps)):
        incident = play.declare_incident()
        play.mail.faults = [fault(retryable=False)]
        play.hook.broken = fault(retryable=False)
        work(play, 2 * SECOND)
        assert keys(play.mail.taken) == ["1/0/risk-lead/mail"]
        assert timeline(play, incident)[1:3] == [
            "could not page lending-lead by mail: receiver said no; trying hook at once",
            "could not page lending-lead by hook: receiver said no; calling risk-lead at once",
        ]


def test_the_kept_policy_still_knows_schedule_and_people_after_an_edit(play: Scene) -> None:
    play.declare_incident()
    edited = replace(play.rings, policy=replace(POLICY, people=(HEAD, LEAD), schedules=()))
    duty.escalate(edited, play.clock())
    duty.deliver(edited, play.clock())
    assert keys(play.mail.taken) == ["0/0/lending-deputy/mail"]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_whatever_fails_sleeps_or_is_overridden_the_incident_is_guarded(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    random = Random(seed)
    policy = replace(POLICY, steps=POLICY.steps[: random.randint(1, 3)])
    for play in scene(tmp_path_factory.mktemp("any"), policy):
        play.clock.now = random.choice([OPENED, NIGHT - MINUTE, NIGHT - 2 * HOUR])
        play.declare_incident()
        for _ in range(12):
            for inbox in (play.mail, play.hook):
                inbox.faults = [fault(retryable=random.random() < 0.5)] * random.choice(
                    [0, 0, 1, 2]
                )
            if random.random() < 0.3:
                start = play.clock() + random.randint(0, 20) * MINUTE
                cover(play, override("guest", start, start + random.randint(1, 90) * MINUTE))
            if random.random() < 0.7:
                duty.escalate(play.rings, play.clock())
            if random.random() < 0.7:
                duty.deliver(play.rings, play.clock())
            duty.escalate(play.rings, play.clock())
            with play.database.reading() as conn:
                assert pages.unguarded(conn, play.clock()) == []
                (incident,) = incidents.open_ones(conn)
                planned = pages.calls(conn, incident.id)
                standing = oncall.overrides(conn, play.clock())
            assert not outdated(policy, planned, overrides=standing, now=play.clock())
            play.clock.move(timedelta(seconds=random.choice([0, 1, 5, 60, 400, 4000])))

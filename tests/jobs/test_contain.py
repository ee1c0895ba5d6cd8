from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.jobs.dial import FIRST, Dial, outlet
from tests.jobs.scene import Inbox, fault
from tests.jobs.story import HIT, Story, at, rows, story
from tocsin.base.slices import EVERYONE
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.directive import Action, Directive
from tocsin.contain.failure import Failure
from tocsin.contain.plan import PlanState
from tocsin.contain.playbook import IfWorse, Playbook, Run
from tocsin.contain.playbook import Step as PlayStep
from tocsin.contain.verify import Rate, Recovery, verify
from tocsin.incident.incident import EntryKind, Severity, State
from tocsin.jobs import act, contain, diagnose, expiry, oncall
from tocsin.jobs import playbooks as duty
from tocsin.store import containment, invariant, playbooks, recovery
from tocsin.web import plans


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Story]:
    with story(tmp_path) as one:
        yield one


def verdicts(told: Story, incident: str) -> list[Recovery]:
    with told.rings.database.reading() as conn:
        return [look.verdict for look in containment.verifications(conn, incident)]


def lines(told: Story, incident: str, kind: EntryKind) -> list[str]:
    return [entry.text for entry in told.timeline(incident) if entry.kind is kind]


def test_applied_is_not_contained_until_the_first_decision_obeys(told: Story) -> None:
    told.fault()
    incident = told.detect()
    directive = told.approve(incident, 160)
    contain.run(told.rings, at(160.5))
    assert told.incident(incident).contained_at is None
    told.decide(rows(160, 163, hit_rate=0.15, seed=3))
    told.decide(rows(163, 170, hit_rate=0.58, seed=4, directive=directive.id))
    contain.run(told.rings, at(170))
    after = told.incident(incident)
    assert after.state is State.CONTAINED
    assert after.contained_at is not None
    assert at(163) <= after.contained_at < at(164)
    assert "contained by lending" in lines(told, incident, EntryKind.CONTAINED)[0]


def test_a_service_that_does_not_listen_is_told_once(told: Story) -> None:
    told.fault()
    incident = told.detect()
    told.approve(incident, 160)
    told.decide(rows(160, 200, hit_rate=0.15, seed=3))
    for second in (170, 195, 200):
        contain.run(told.rings, at(second))
    assert told.incident(incident).contained_at is None
    said = lines(told, incident, EntryKind.CONTAINED)
    assert len(said) == 1
    assert "not yet obeyed" in said[0]


def test_what_an_actuator_set_and_read_back_counts_as_obeyed(told: Story, tmp_path: Path) -> None:
    dial = Dial(tmp_path / "dial")
    dial.file.write_text(FIRST)
    told.fault()
    incident = told.detect()
    acting = {"dial": outlet(dial)}
    told.approve(incident, 160, outlets=acting)
    told.decide(rows(160, 170, hit_rate=0.58, seed=4))  # no guard says under what they were made
    contain.run(told.rings, at(170))
    assert told.incident(incident).contained_at is None
    act.run(replace(told.rings, actuators=acting, clock=lambda: at(171)), at(171))
    contain.run(told.rings, at(200))
    assert told.incident(incident).contained_at == at(171)
    assert not any("not yet obeyed" in line for line in lines(told, incident, EntryKind.CONTAINED))


def test_what_a_playbook_contains_while_people_sleep_still_wakes_them(told: Story) -> None:
    step = PlayStep(say="rules first", action=Action.FALLBACK, automatic=Severity.SEV2)
    inbox = Inbox("console", faults=[fault(retryable=True) for _ in range(3)])
    rings = replace(
        told.rings,
        playbooks=(Playbook(name="ours", title="what we do", steps=(step,)),),
        notifiers={"console": inbox},
    )
    told.fault()
    incident = told.detect(taken=False, now_s=160)
    duty.run(rings, at(160))
    with rings.database.reading() as conn:
        (directive,) = containment.of_incident(conn, incident)
    for second in range(160, 175):
        here = replace(rings, clock=partial(at, second))
        oncall.escalate(here, at(second))
        oncall.deliver(here, at(second))
        if second == 163:
            told.decide(rows(162.1, 163, hit_rate=0.58, seed=4, directive=directive.id))
            contain.run(here, at(second))
            assert told.incident(incident).state is State.CONTAINED
            assert not inbox.taken
        with here.database.reading() as conn:
            assert invariant.broken(conn, at(second)) == []
    assert len(inbox.taken) == 1
    after = told.incident(incident)
    assert (after.acknowledged_at, after.commander) == (None, None)
    assert "contained by playbook ours" in lines(told, incident, EntryKind.CONTAINED)[0]


def contained(told: Story, hit_rate: float, seconds: int = 30) -> str:
    told.fault()
    incident = told.detect()
    directive = told.approve(incident, 160)
    for k in range(0, seconds, 5):
        told.decide(rows(160 + k, 165 + k, hit_rate=hit_rate, seed=10 + k, directive=directive.id))
        contain.run(told.rings, at(165 + k))
    return incident


def test_recovery_is_verified_on_the_slice_and_written_once(told: Story) -> None:
    incident = contained(told, 0.58)
    assert verdicts(told, incident)[-1] is Recovery.RECOVERED
    assert verdicts(told, incident).count(Recovery.RECOVERED) == 1
    after = told.incident(incident)
    assert after.recovered_at is not None
    assert at(163) < after.recovered_at <= at(190)
    said = lines(told, incident, EntryKind.VERIFIED)
    assert len(said) == len(verdicts(told, incident))
    assert "selection rate of employer=government recovered" in said[-1]


def test_a_fallback_that_does_not_help_is_not_called_recovered(told: Story) -> None:
    incident = contained(told, 0.15)
    assert verdicts(told, incident) == [Recovery.NOT_YET]
    assert told.incident(incident).recovered_at is None


def test_a_containment_that_harms_raises_the_severity_and_calls_again(told: Story) -> None:
    incident = contained(told, 0.0, seconds=80)
    assert verdicts(told, incident)[-1] is Recovery.WORSE
    after = told.incident(incident)
    assert after.severity is Severity.SEV1
    assert after.acknowledged_at is None
    assert "Consider reverting" in lines(told, incident, EntryKind.PAGE)[0]


def test_on_the_verge_of_worse_people_are_called_once_an_hour(told: Story) -> None:
    told.fault()
    incident = told.detect()
    plan = told.approve(incident, 160).plan
    calm = Rate(600, 1_000), Rate(150, 1_000)
    for minute, after, called in (
        (0, Rate(0, 100), 1),
        (1, Rate(15, 100), 1),
        (2, Rate(0, 100), 1),
        (3, Rate(15, 100), 1),
        (61, Rate(0, 100), 1),  # less than an hour after the one before
        (122, Rate(0, 100), 2),
    ):
        now = at(200 + minute * 60)
        look = verify(*calm, after, incident=incident, measure="m", at=now, plan=plan)
        contain._verified(told.rings, look, now)  # pyright: ignore[reportPrivateUsage] - looks that wobble
        assert len(lines(told, incident, EntryKind.PAGE)) == called
    worse, not_yet = Recovery.WORSE, Recovery.NOT_YET
    assert verdicts(told, incident) == [worse, not_yet, worse, not_yet, worse, worse]


def test_what_was_obeyed_and_ended_while_nobody_ran_is_seen_afterwards(told: Story) -> None:
    told.fault()
    incident = told.detect()
    directive = told.approve(incident, 160, for_s=20)
    told.decide(rows(163, 180, hit_rate=0.58, seed=4, directive=directive.id))
    told.decide(rows(180, 300, hit_rate=0.15, seed=5))  # the guards let the system decide again
    contain.run(told.rings, at(300))
    expiry.run(told.rings, at(300))
    after = told.incident(incident)
    assert after.contained_at is not None
    assert at(163) <= after.contained_at < at(164)
    said = [(e.kind, e.at) for e in told.timeline(incident) if e.kind is EntryKind.EXPIRED]
    assert said == [(EntryKind.EXPIRED, at(180))]
    assert after.state is State.OPEN
    assert not any("not yet obeyed" in line for line in lines(told, incident, EntryKind.CONTAINED))


def test_a_containment_that_harms_is_taken_back_where_the_playbook_says_so(told: Story) -> None:
    told.fault()
    incident = told.detect()
    directive = told.approve(incident, 160)
    book = replace(BUILT_IN[0], name="careful", if_worse=IfWorse.REVERT)
    with told.rings.database.unit("test", at(160)) as unit:
        run = Run(
            id=unit.new_id("run"),
            incident=incident,
            playbook=book,
            failure=Failure.INPUT,
            chosen_at=at(160),
            chosen_by="tocsin",
        )
        playbooks.start(unit, run)
    for k in range(0, 80, 5):
        told.decide(rows(160 + k, 165 + k, hit_rate=0.0, seed=10 + k, directive=directive.id))
        contain.run(told.rings, at(165 + k))
    assert verdicts(told, incident)[-1] is Recovery.WORSE
    with told.rings.database.reading() as conn:
        assert containment.in_force(conn, "loans", at(245)) == []
        assert containment.plan(conn, directive.plan or "").state is PlanState.REVERTED
    assert "playbook careful takes the plan back" in lines(told, incident, EntryKind.REVERTED)[0]
    after = told.incident(incident)
    assert (after.severity, after.state) == (Severity.SEV1, State.OPEN)
    assert "contain it in another way" in lines(told, incident, EntryKind.PAGE)[0]


def changed(told: Story, directive: Directive, **more: object) -> Directive:
    """Let the directive be another one from the start."""
    one = replace(directive, **more)  # pyright: ignore[reportArgumentType] - of the test
    with told.rings.database.unit("test", at(160)) as unit:
        containment.save_directive(unit, one)
    return one


def test_who_is_hit_is_looked_at_however_wide_the_plan(told: Story) -> None:
    told.fault()
    incident = told.detect()
    everyone = changed(told, told.approve(incident, 160), slice=EVERYONE)
    for k in range(160, 190, 5):
        told.decide(rows(k, k + 5, hit_rate=0.58, seed=k, directive=everyone.id))
        contain.run(told.rings, at(k + 5))
    with told.rings.database.reading() as conn:
        look = containment.verifications(conn, incident)[-1]
    assert look.slice == HIT
    assert look.before.share == pytest.approx(0.15, abs=0.1)
    # 28 s at 20 decisions a second, 15 % of them of who is hit, less what came before the verdict
    assert 5 <= look.after.n <= 140


def test_before_containment_is_since_when_a_person_says_that_it_began(told: Story) -> None:
    told.fault()
    incident = told.detect()
    diagnose.run(told.rings, at(155))
    told.began(incident, 60, now_s=156)
    directive = told.approve(incident, 160)
    told.decide(rows(160, 190, hit_rate=0.58, seed=4, directive=directive.id))
    contain.run(told.rings, at(190))
    with told.rings.database.reading() as conn:
        look = containment.verifications(conn, incident)[-1]
    # 100 s at 20 decisions a second, 15 % of them of who is hit; most of them were well
    assert 240 <= look.before.n <= 360
    assert look.before.share == pytest.approx(0.42, abs=0.1)


def test_what_stands_beside_decisions_is_not_missed_in_them(told: Story) -> None:
    told.fault()
    incident = told.detect()
    directive = told.approve(incident, 160)
    with told.rings.database.unit("test", at(160)) as unit:
        containment.save_directive(unit, replace(directive, action=Action.SHADOW, to_version="v3"))
    told.decide(rows(160, 200, hit_rate=0.15, seed=3))
    contain.run(told.rings, at(200))
    assert lines(told, incident, EntryKind.CONTAINED) == []
    assert told.incident(incident).contained_at is None


def test_a_small_share_may_be_silent_for_a_while(told: Story) -> None:
    told.fault()
    incident = told.detect()
    directive = told.approve(incident, 160)
    for share, said in ((0.001, 0), (0.5, 1)):
        canary = replace(directive, action=Action.CANARY, to_version="v3", share=share)
        with told.rings.database.unit("test", at(160)) as unit:
            containment.save_directive(unit, canary)
        told.decide(rows(160, 200, hit_rate=0.15, seed=3))
        contain.run(told.rings, at(200))
        assert len(lines(told, incident, EntryKind.CONTAINED)) == said


def test_what_is_seen_is_kept_look_by_look_until_it_has_recovered(told: Story) -> None:
    told.fault()
    incident = told.detect()
    directive = told.approve(incident, 160)
    counted: list[int] = []
    for k in (0, 3, 6):
        told.decide(rows(160 + k, 163 + k, hit_rate=0.3, seed=10 + k, directive=directive.id))
        contain.run(told.rings, at(163 + k))
        contain.run(told.rings, at(163 + k))
        with told.rings.database.reading() as conn:
            look = recovery.get(conn, incident)
        counted.append(look.after.n if look else 0)
    assert counted == sorted(set(counted)), "each look counts more"
    assert len(verdicts(told, incident)) == 1, "the verdict did not change"


def test_a_second_containment_is_verified_anew(told: Story) -> None:
    incident = contained(told, 0.58)
    assert verdicts(told, incident)[-1] is Recovery.RECOVERED
    with told.rings.database.unit("aspen", at(200)) as unit:
        (plan,) = containment.plans(unit.conn, incident)
        plans.revert_plan(unit, plan.plan.id, "feed is right")
    told.decide(rows(200, 220, hit_rate=0.15, seed=40))
    directive = told.approve(incident, 220)
    for k in range(0, 30, 5):
        told.decide(rows(220 + k, 225 + k, hit_rate=0.58, seed=50 + k, directive=directive.id))
        contain.run(told.rings, at(225 + k))
    assert verdicts(told, incident).count(Recovery.RECOVERED) == 2

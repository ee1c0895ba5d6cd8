"""Escalation by schedule: hand-offs, gaps and overrides; and that somebody is always coming."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.oncall.roster import (
    DEPUTY,
    HOUR,
    LEAD,
    MINUTE,
    NIGHT,
    OPENED,
    POLICY,
    RISK,
    override,
)
from tocsin.base.errors import BadInput
from tocsin.oncall.escalation import check, instead, next_actions, outdated
from tocsin.oncall.policy import Call, Called, Policy, Step
from tocsin.oncall.resolve import Overrides, whom
from tocsin.oncall.schedule import Override


def after(
    now: datetime,
    called: list[Called],
    overrides: Overrides,
    opened_at: datetime = OPENED,
    policy: Policy = POLICY,
) -> list[Call]:
    return next_actions(
        policy,
        called,
        overrides=overrides,
        opened_at=opened_at,
        acknowledged_at=None,
        resolved_at=None,
        now=now,
    )


def stored(calls: list[Call], *, tried: bool = False) -> list[Called]:
    return [
        Called(rung=c.rung, round=c.round, contact=c.contact, due_at=c.due_at, tried=tried)
        for c in calls
    ]


def told(calls: list[Call], opened_at: datetime = OPENED) -> list[tuple[int, str, int]]:
    return [(c.rung, c.contact.person, int((c.due_at - opened_at) / MINUTE)) for c in calls]


def test_a_hand_off_between_opening_and_due_calls_the_new_person() -> None:
    assert told(after(OPENED, [], {})) == [(0, "lending-deputy", 0), (1, "lending-lead", 10)]


def test_a_hand_off_after_somebody_was_tried_calls_nobody_again() -> None:
    called = stored(after(OPENED, [], {})[:1], tried=True)
    later = OPENED + 7 * MINUTE  # the lead is on call since two minutes
    assert told(after(later, called, {})) == [(1, "lending-lead", 10)]
    assert outdated(POLICY, called, overrides={}, now=later) == []


def test_who_was_not_called_in_time_gives_way_to_whoever_is_on_call_now() -> None:
    called = stored(after(OPENED, [], {}))
    later = OPENED + 7 * MINUTE
    gone = outdated(POLICY, called, overrides={}, now=later)
    assert [call.contact for call in gone] == [DEPUTY.contacts[0]]
    new = after(later, called, {})
    assert [(call.rung, call.contact) for call in new] == [(0, LEAD.contacts[0])]


def test_an_override_made_after_planning_takes_the_planned_call_over() -> None:
    called = stored(after(OPENED, [], {}))
    overrides = {"lending": [override("guest", OPENED + 8 * MINUTE, OPENED + HOUR)]}
    now = OPENED + 2 * MINUTE
    gone = outdated(POLICY, called[1:], overrides=overrides, now=now)
    assert [call.contact.person for call in gone] == ["lending-lead"]
    left = [*stored(after(OPENED, [], {})[:1], tried=True)]
    assert told(after(now, left, overrides)) == [(1, "guest", 10)]


def test_in_a_gap_the_next_is_called_at_once_and_the_reason_is_kept() -> None:
    first, *rest = after(NIGHT, [], {}, NIGHT)
    assert (first.rung, first.contact, first.due_at) == (0, RISK.contacts[0], NIGHT)
    assert first.why == "nobody was on call in schedule 'lending'"
    assert told(rest, NIGHT) == [(1, "risk-lead", 10)]
    only = replace(POLICY, steps=POLICY.steps[:1])
    calls = after(NIGHT, [], {}, NIGHT, only)
    assert told(calls, NIGHT) == [(0, "head", 0), (0, "head", 0), (0, "head", 10), (0, "head", 10)]


def test_a_gap_that_is_filled_in_time_calls_who_filled_it() -> None:
    called = stored(after(NIGHT, [], {}, NIGHT))
    overrides = {"lending": [override("guest", NIGHT, NIGHT + HOUR)]}
    gone = outdated(POLICY, called, overrides=overrides, now=NIGHT)
    assert [call.contact.person for call in gone] == ["risk-lead", "risk-lead"]
    assert told(after(NIGHT, [], overrides, NIGHT), NIGHT) == [(0, "guest", 0), (1, "guest", 10)]


def test_a_policy_without_schedules_takes_nothing_back() -> None:
    plain = replace(POLICY, steps=POLICY.steps[2:], schedules=())
    strange = stored([Call(0, 0, LEAD.contacts[0], OPENED)])
    assert outdated(plain, strange, overrides={}, now=OPENED) == []


def test_when_a_step_fails_the_next_that_has_somebody_on_call_is_called() -> None:
    assert told(instead(POLICY, 0, overrides={}, now=OPENED)) == [(1, "lending-deputy", 0)]
    assert told(instead(POLICY, 0, overrides={}, now=NIGHT), NIGHT) == [(2, "risk-lead", 0)]


def test_a_policy_of_schedules_alone_is_whole_and_one_of_nobody_is_not() -> None:
    check(replace(POLICY, steps=POLICY.steps[:1]))
    with pytest.raises(BadInput, match="no step with a contact"):
        check(replace(POLICY, steps=(Step(timedelta(0), ()),)))


class Schedules(RuleBasedStateMachine):
    """Time passes over hand-offs and gaps, overrides come and go, pages are tried in time or late.

    `called` is the outbox: what a tick plans enters it, what is outdated leaves it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.called: list[Called] = []
        self.overrides: dict[str, list[Override]] = {}
        self.settled = False

    @initialize(
        minutes=st.integers(0, 24 * 60),
        steps=st.lists(st.sampled_from([*POLICY.steps[:2], *POLICY.steps]), min_size=1, max_size=3),
        repeats=st.integers(0, 2),
    )
    def open(self, minutes: int, steps: list[Step], repeats: int) -> None:
        self.opened_at = self.now = OPENED + minutes * MINUTE
        ordered = tuple(sorted(steps, key=lambda step: step.after))
        self.policy = replace(POLICY, steps=ordered, repeats=repeats)
        self.tick(0)

    @rule(minutes=st.integers(0, 200))
    def tick(self, minutes: int) -> None:
        """Time passes, and the duty runs."""
        self.now += minutes * MINUTE
        called = list(self.called)
        gone = outdated(self.policy, called, overrides=self.overrides, now=self.now)
        assert not any(call.tried for call in gone)
        self.called = [call for call in called if call not in gone]
        # both are decided on one picture, as in the job
        self.called += stored(after(self.now, called, self.overrides, self.opened_at, self.policy))
        self.settled = True

    @precondition(lambda self: self.settled)
    @rule()
    def send(self) -> None:
        """Whatever is due is tried, right after the duty ran."""
        self.called = [replace(c, tried=c.tried or c.due_at <= self.now) for c in self.called]

    @rule(
        name=st.sampled_from(["guest", "risk-lead"]),
        start=st.integers(-60, 600),
        length=st.integers(1, 600),
    )
    def cover(self, name: str, start: int, length: int) -> None:
        begins = self.now + start * MINUTE
        made = override(name, begins, begins + length * MINUTE)
        self.overrides.setdefault("lending", []).append(made)
        self.settled = False

    @precondition(lambda self: self.overrides.get("lending"))
    @rule(choice=st.integers(0, 100))
    def withdraw(self, choice: int) -> None:
        made = self.overrides["lending"]
        made.pop(choice % len(made))
        self.settled = False

    @invariant()
    def somebody_is_always_coming(self) -> None:
        if self.settled:
            assert any(call.due_at > self.now for call in self.called)

    @invariant()
    def whoever_is_planned_is_on_call_then(self) -> None:
        if not self.settled:
            return
        rounds: dict[tuple[int, int], list[Called]] = {}
        for call in self.called:
            rounds.setdefault((call.rung, call.round), []).append(call)
        for (rung, _), calls in rounds.items():
            if any(call.tried for call in calls):
                continue
            at = max(self.now, min(call.due_at for call in calls))
            wanted = whom(self.policy, rung, self.overrides, at).contacts
            assert {call.contact for call in calls} == set(wanted)

    @invariant()
    def nobody_is_called_twice_for_the_same_thing(self) -> None:
        keys = [(c.rung, c.round, c.contact.person, c.contact.channel) for c in self.called]
        assert len(keys) == len(set(keys))

    @invariant()
    def every_step_that_is_due_has_called_somebody(self) -> None:
        if self.settled:
            called = {call.rung for call in self.called}
            for rung, step in enumerate(self.policy.steps):
                assert rung in called or self.opened_at + step.after > self.now


Schedules.TestCase.settings = settings(deadline=None)
TestSchedules = Schedules.TestCase

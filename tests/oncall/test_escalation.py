"""Who is called, when; and that nobody is ever left with nobody coming."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tocsin.base.errors import BadInput
from tocsin.oncall.escalation import call_key, check, expires_at, instead, next_actions, rounds
from tocsin.oncall.policy import Call, Called, Contact, Policy, Step

OPENED = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LENDING = Contact("lending", "mail", "lending@example.org")
DUTY = Contact("duty", "mail", "duty@example.org")
DUTY_HOOK = Contact("duty", "hook", "")
BOSS = Contact("boss", "hook", "")
POLICY = Policy(
    "lending",
    (Step(timedelta(0), (LENDING,)), Step(5 * MINUTE, (DUTY, DUTY_HOOK))),
    catch_all=(BOSS,),
    repeat_every=10 * MINUTE,
    repeats=2,
)


def after(now: datetime, called: Sequence[Called] = (), policy: Policy = POLICY) -> list[Call]:
    return next_actions(
        policy,
        called,
        overrides={},
        opened_at=OPENED,
        acknowledged_at=None,
        resolved_at=None,
        now=now,
    )


def stored(calls: Sequence[Call]) -> list[Called]:
    return [Called(rung=c.rung, round=c.round, contact=c.contact, due_at=c.due_at) for c in calls]


def told(calls: Sequence[Call]) -> list[tuple[str, int, int]]:
    return [(c.contact.person, c.round, int((c.due_at - OPENED) / MINUTE)) for c in calls]


def test_the_first_step_is_called_at_once_and_the_next_is_planned() -> None:
    assert told(after(OPENED)) == [("lending", 0, 0), ("duty", 0, 5), ("duty", 0, 5)]


def test_nothing_is_added_while_the_next_call_is_planned() -> None:
    called = stored(after(OPENED))
    assert after(OPENED + 4 * MINUTE, called) == []


def test_the_last_step_repeats_then_the_catch_all_for_ever() -> None:
    called: list[Called] = []
    timeline: list[tuple[str, int, int]] = []
    for minute in range(60):
        new = after(OPENED + minute * MINUTE, called)
        called += stored(new)
        timeline += told(new)
    assert list(dict.fromkeys(timeline)) == [
        ("lending", 0, 0),
        ("duty", 0, 5),
        ("duty", 1, 15),
        ("duty", 2, 25),
        ("boss", 0, 35),
        ("boss", 1, 45),
        ("boss", 2, 55),
        ("boss", 3, 65),
    ]


def test_after_acknowledgement_or_end_nobody_is_called() -> None:
    taken: list[tuple[datetime | None, datetime | None]] = [(OPENED, None), (None, OPENED)]
    for acknowledged_at, resolved_at in taken:
        assert not next_actions(
            POLICY,
            [],
            overrides={},
            opened_at=OPENED,
            acknowledged_at=acknowledged_at,
            resolved_at=resolved_at,
            now=OPENED + 99 * MINUTE,
        )


def test_after_a_long_outage_every_step_is_called_once_and_no_round_is_made_up() -> None:
    new = after(OPENED + 600 * MINUTE)
    assert told(new) == [
        ("lending", 0, 0),
        ("duty", 2, 25),
        ("duty", 2, 25),
        ("boss", 56, 595),
        ("boss", 57, 605),
    ]


def test_a_step_without_contacts_is_passed_over_and_never_waited_for() -> None:
    hollow = replace(POLICY, steps=(Step(timedelta(0), ()), *POLICY.steps[1:]))
    assert told(after(OPENED, policy=hollow)) == [("duty", 0, 5), ("duty", 0, 5)]
    nobody = replace(POLICY, steps=())
    assert told(after(OPENED, policy=nobody)) == [("boss", 0, 0), ("boss", 1, 10)]


def test_an_empty_catch_all_lets_the_last_step_go_on_for_ever() -> None:
    new = after(OPENED + 600 * MINUTE, policy=replace(POLICY, catch_all=()))
    assert told(new)[-1] == ("duty", 57, 605)


def test_when_a_step_cannot_be_reached_the_next_is_called_now() -> None:
    now = OPENED + MINUTE
    assert told(instead(POLICY, 0, overrides={}, now=now)) == [("duty", 0, 1), ("duty", 0, 1)]
    assert told(instead(POLICY, 1, overrides={}, now=now)) == [("boss", 0, 1)]
    assert instead(POLICY, 2, overrides={}, now=now) == []


def test_a_call_made_ahead_of_time_does_not_end_the_planning() -> None:
    now = OPENED + MINUTE
    called = stored([*after(OPENED)[:1], *instead(POLICY, 0, overrides={}, now=now)])
    assert told(after(now, called)) == [("duty", 1, 15), ("duty", 1, 15)]


def test_a_key_names_a_call_for_ever() -> None:
    assert call_key("inc_1", after(OPENED)[0]) == "inc_1/0/0/lending/mail"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (replace(POLICY, catch_all=()), "no catch_all"),
        (replace(POLICY, steps=()), "no step"),
        (replace(POLICY, steps=(Step(MINUTE, ()),)), "no step"),
        (replace(POLICY, steps=POLICY.steps[::-1]), "order of time"),
        (replace(POLICY, repeat_every=timedelta(0)), "repeat_every"),
        (replace(POLICY, repeats=-1), "repeats"),
        (replace(POLICY, catch_all=(BOSS, BOSS)), "twice on one channel"),
    ],
)
def test_a_policy_that_could_lose_somebody_is_refused(policy: Policy, words: str) -> None:
    check(POLICY)
    with pytest.raises(BadInput, match=words):
        check(policy, "tocsin.yaml:3")


contacts = st.lists(
    st.sampled_from([LENDING, DUTY, DUTY_HOOK, BOSS]), min_size=0, max_size=2, unique=True
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    afters = sorted(draw(st.lists(st.integers(0, 30), max_size=3)))
    return Policy(
        "drawn",
        tuple(Step(a * MINUTE, tuple(draw(contacts))) for a in afters),
        catch_all=(BOSS,),
        repeat_every=draw(st.integers(1, 15)) * MINUTE,
        repeats=draw(st.integers(0, 3)),
    )


class Escalation(RuleBasedStateMachine):
    """Time passes, the duty runs or sleeps, sends fail, somebody answers.

    The oracle knows only the policy's words: it lists every instant at which somebody is to be
    called by plain enumeration, and what must be so whenever the duty has just run.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = OPENED
        self.called: list[Called] = []
        self.acknowledged_at: datetime | None = None
        self.fresh = False

    @initialize(policy=policies())
    def open(self, policy: Policy) -> None:
        self.policy = policy
        self.tick(0)

    @rule(minutes=st.integers(0, 200))
    def tick(self, minutes: int) -> None:
        """Time passes, and the duty runs."""
        self.now += minutes * MINUTE
        new = next_actions(
            self.policy,
            self.called,
            overrides={},
            opened_at=OPENED,
            acknowledged_at=self.acknowledged_at,
            resolved_at=None,
            now=self.now,
        )
        if self.acknowledged_at is not None:
            assert new == []
        self.called += stored(new)
        self.fresh = True

    @rule(minutes=st.integers(1, 90))
    def sleep(self, minutes: int) -> None:
        """Time passes while nobody runs the duty."""
        self.now += minutes * MINUTE
        self.fresh = False

    @precondition(lambda self: self.called and self.acknowledged_at is None)
    @rule(choice=st.integers(0, 10_000))
    def fail(self, choice: int) -> None:
        """One send fails for good: the next step is hastened, as the store does it."""
        one = self.called[choice % len(self.called)]
        for call in stored(instead(self.policy, one.rung, overrides={}, now=self.now)):
            name = (call.rung, call.round, call.contact)
            before = [c for c in self.called if (c.rung, c.round, c.contact) == name]
            if not before:
                self.called.append(call)
            elif before[0].due_at > self.now:
                self.called[self.called.index(before[0])] = call

    @precondition(lambda self: self.acknowledged_at is None)
    @rule()
    def acknowledge(self) -> None:
        self.acknowledged_at = self.now

    @invariant()
    def someone_is_always_coming(self) -> None:
        if self.fresh and self.acknowledged_at is None and hasattr(self, "policy"):
            self.tick(0)  # a failure may have used the planned call up; the duty runs every second
            assert any(one.due_at > self.now for one in self.called)

    @invariant()
    def everybody_due_was_called(self) -> None:
        if not self.fresh or self.acknowledged_at is not None or not hasattr(self, "policy"):
            return
        known = {(one.rung, one.contact) for one in self.called}
        for rung, contact, due_at in self.oracle():
            assert due_at > self.now or (rung, contact) in known

    @invariant()
    def nobody_is_called_twice_for_the_same_thing(self) -> None:
        keys = [call_key("inc", one) for one in self.called]
        assert len(keys) == len(set(keys))

    def oracle(self) -> list[tuple[int, Contact, datetime]]:
        steps = [(k, s) for k, s in enumerate(self.policy.steps) if s.contacts]
        at = OPENED
        events = [(k, c, OPENED + s.after) for k, s in steps for c in s.contacts]
        if steps:
            at = OPENED + steps[-1][1].after + (self.policy.repeats + 1) * self.policy.repeat_every
        return [*events, *((len(self.policy.steps), c, at) for c in self.policy.catch_all)]


TestEscalation = Escalation.TestCase


def test_the_schedule_is_in_the_order_of_time() -> None:
    until = OPENED + 300 * MINUTE
    dates = [
        one.due_at
        for one in takewhile(lambda one: one.due_at < until, rounds(POLICY, OPENED, OPENED))
    ]
    assert dates == sorted(dates)
    assert len(dates) > 20


def test_an_acknowledgement_ends_so_long_after_the_last_work() -> None:
    expiring = replace(POLICY, acknowledge_expires=30 * MINUTE)
    taken, worked = OPENED + MINUTE, OPENED + 20 * MINUTE
    assert expires_at(POLICY, acknowledged_at=taken, worked_at=None) is None
    assert expires_at(expiring, acknowledged_at=taken, worked_at=None) == OPENED + 31 * MINUTE
    assert expires_at(expiring, acknowledged_at=taken, worked_at=worked) == OPENED + 50 * MINUTE
    assert expires_at(expiring, acknowledged_at=taken, worked_at=OPENED) == OPENED + 31 * MINUTE


def test_an_acknowledgement_that_ends_at_once_is_refused() -> None:
    with pytest.raises(BadInput, match="acknowledge_expires must be positive"):
        check(replace(POLICY, acknowledge_expires=timedelta(0)))

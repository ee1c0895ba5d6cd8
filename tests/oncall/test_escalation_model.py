"""Escalation against an oracle of sets, written from the words of docs/oncall.md alone.

The oracle writes down every call that a policy can ever make, minute by minute, and keeps two sets:
what was put into the outbox, and what of it was sent.  Whatever people and clocks do in between,
the product must send exactly the same calls at exactly the same moments.
"""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tocsin.oncall.escalation import expires_at, next_actions
from tocsin.oncall.policy import Called, Contact, Policy, Step

BEGIN = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Page = tuple[int, int, str]
"""Rung, round, person."""

steps = st.lists(
    st.tuples(st.integers(0, 12), st.sets(st.sampled_from("abc"), max_size=2)),
    min_size=1,
    max_size=4,
).filter(lambda every: any(people for _, people in every))


class Escalating(RuleBasedStateMachine):
    """One incident: time passes, is lost, goes back; people answer, forget, and it comes again."""

    @initialize(
        ladder=steps,
        catch_all=st.sets(st.sampled_from("xyz"), min_size=1, max_size=2),
        repeat_every=st.integers(1, 15),
        repeats=st.integers(0, 3),
        expires=st.none() | st.integers(1, 40),
    )
    def open(
        self,
        ladder: list[tuple[int, set[str]]],
        catch_all: set[str],
        repeat_every: int,
        repeats: int,
        expires: int | None,
    ) -> None:
        self.ladder = sorted(ladder, key=lambda step: step[0])
        self.catch_all, self.repeat_every, self.repeats = catch_all, repeat_every, repeats
        self.expires = expires
        self.policy = Policy(
            "any",
            tuple(Step(after * MINUTE, _contacts(people)) for after, people in self.ladder),
            catch_all=_contacts(catch_all),
            repeat_every=repeat_every * MINUTE,
            repeats=repeats,
            acknowledge_expires=None if expires is None else expires * MINUTE,
        )
        self.now = self.opened = 0
        self.taken: int | None = None
        self.over: int | None = None
        self.worked: int | None = None
        self._clear()
        self._look()

    def _clear(self) -> None:
        self.outbox: list[Called] = []
        self.sent: set[Page] = set()
        self.planned: set[Page] = set()  # the oracle's
        self.told: set[Page] = set()  # the oracle's
        self.went_back = False
        self.furthest = 0

    # -- what happens -------------------------------------------------------------------------
    @rule(minutes=st.integers(0, 40))
    def time_passes(self, minutes: int) -> None:
        """A worker looks every minute."""
        for _ in range(minutes):
            self.now += 1
            self._look()
            if self.taken is not None or self.over is not None:
                self.now += minutes
                break

    @rule(minutes=st.integers(1, 600))
    def nobody_works_for_a_while(self, minutes: int) -> None:
        self.now += minutes
        self._look()

    @rule(minutes=st.integers(1, 60))
    def the_clock_is_put_back(self, minutes: int) -> None:
        self.now -= minutes
        self.went_back = True
        self._look()

    @precondition(lambda self: self.taken is None and self.over is None)
    @rule()
    def somebody_takes_it(self) -> None:
        self.taken, self.worked = self.now, None

    @precondition(lambda self: self.taken is not None)
    @rule()
    def somebody_works(self) -> None:
        self.worked = self.now

    @precondition(lambda self: self.taken is not None and self.over is None)
    @rule()
    def it_may_be_forgotten(self) -> None:
        """After so long without work the calls begin again from the first step."""
        assert self.taken is not None
        last = max(self.taken, self.taken if self.worked is None else self.worked)
        ends = expires_at(
            self.policy, acknowledged_at=_at(self.taken), worked_at=_some(self.worked)
        )
        assert ends == (None if self.expires is None else _at(last + self.expires))
        if ends is not None and ends <= _at(self.now):
            self._begin_again()

    @rule()
    def it_is_over_and_comes_again(self) -> None:
        self.over = self.now
        self._look()
        self._begin_again()

    def _begin_again(self) -> None:
        self.opened, self.taken, self.over, self.worked = self.now, None, None, None
        self._clear()
        self._look()

    # -- the product --------------------------------------------------------------------------
    def _look(self) -> None:
        """Escalate and deliver once, and so does the oracle."""
        calls = next_actions(
            self.policy,
            self.outbox,
            overrides={},
            opened_at=_at(self.opened),
            acknowledged_at=_some(self.taken),
            resolved_at=_some(self.over),
            now=_at(self.now),
        )
        self.outbox += [
            Called(rung=one.rung, round=one.round, contact=one.contact, due_at=one.due_at)
            for one in calls
        ]
        if self.taken is None and self.over is None:
            self.sent |= {_page(one) for one in self.outbox if one.due_at <= _at(self.now)}
        self._oracle()

    # -- the oracle ---------------------------------------------------------------------------
    def _oracle(self) -> None:
        if self.taken is not None or self.over is not None:
            return
        due: dict[int, tuple[int, int, set[str]]] = {}
        ahead: tuple[int, int, set[str]] | None = None
        for minute, rung, round_, people in self._every_call():
            if minute > self.now - self.opened:
                ahead = (rung, round_, people)
                break
            due[rung] = (rung, round_, people)  # of a step only the latest round is called
        assert ahead is not None
        for rung, round_, people in (*due.values(), ahead):
            self.planned |= {(rung, round_, person) for person in people}
        minutes = {(rung, round_): minute for minute, rung, round_, _ in self._every_call()}
        passed = self.now - self.opened
        self.told |= {one for one in self.planned if minutes[one[0], one[1]] <= passed}

    def _every_call(self) -> list[tuple[int, int, int, set[str]]]:
        """Return minute, rung, round and people of every call, in the order of time."""
        calls = [
            (after, rung, 0, people) for rung, (after, people) in enumerate(self.ladder) if people
        ]
        minute, last, _, people = calls[-1]
        for round_ in range(1, self.repeats + 1):
            minute += self.repeat_every
            calls.append((minute, last, round_, people))
        round_ = 0
        self.furthest = max(self.furthest, self.now - self.opened)
        end = self.furthest + 2 * self.repeat_every
        while minute <= end:
            minute += self.repeat_every
            calls.append((minute, len(self.ladder), round_, self.catch_all))
            round_ += 1
        return calls

    # -- what must hold -----------------------------------------------------------------------
    @invariant()
    def the_same_calls_were_made(self) -> None:
        assert self.sent == self.told

    @invariant()
    def no_call_is_in_the_outbox_twice(self) -> None:
        pages = [_page(one) for one in self.outbox]
        assert len(pages) == len(set(pages))

    @invariant()
    def somebody_is_always_still_to_come(self) -> None:
        if self.taken is None and self.over is None and not self.went_back:
            assert any(_page(one) not in self.sent for one in self.outbox)


def _contacts(people: set[str]) -> tuple[Contact, ...]:
    return tuple(Contact(person, "hook", "") for person in sorted(people))


def _at(minute: int) -> datetime:
    return BEGIN + minute * MINUTE


def _some(minute: int | None) -> datetime | None:
    return None if minute is None else _at(minute)


def _page(call: Called) -> Page:
    return call.rung, call.round, call.contact.person


Escalating.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestEscalating = Escalating.TestCase

"""What every actuator must do.  An adapter's test file subclasses this and plays its system."""

import json
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import httpx
import pytest

from tests.contracts.notifier import IN_TIME_S, RETRYABLE, SLOW, Fault, log_everything, logged
from tests.integrations.http.vendor import REPLY, Call, Reply, Vendor
from tocsin.alert.ports import DeliveryError
from tocsin.contain.act import Outlet
from tocsin.contain.directive import Action, Directive
from tocsin.contain.ports import Actuator, Value

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
KEY = "act_1"


def directive(action: Action = Action.ROLLBACK, **fields: object) -> Directive:
    """Return a directive in force; a rollback goes to version 7."""
    version = "7" if action in (Action.ROLLBACK, Action.CANARY) else None
    plain = Directive(
        id="dir_1",
        system="loans",
        action=action,
        to_version=version,
        share=0.2 if action is Action.CANARY else None,
        created_at=NOW,
        expires_at=NOW + timedelta(hours=4),
    )
    return replace(plain, **fields)  # pyright: ignore[reportArgumentType] - fields of the noun


class ActuatorContract:
    """Shared checks.  `unknown` names the faults that a system of this kind cannot have, and why.

    A subclass says how to build the actuator over a system that stands in a known state, what that
    system has now (`state`, everything in it that could be changed), and how a person would change
    the same setting by hand.
    """

    secret: ClassVar[str]
    unknown: ClassVar[dict[Fault, str]] = {}
    does: ClassVar[Directive] = directive()
    """What it carries out here."""

    def actuator(self, fault: Fault | None = None) -> Actuator:
        """Return an actuator, patient for a fraction of a second, whose system has this fault."""
        raise NotImplementedError

    def state(self) -> object:
        """Return all of the system's state."""
        raise NotImplementedError

    def meddle(self) -> None:
        """Let a person change the same setting."""
        raise NotImplementedError

    def writes(self) -> int:
        """Return how often the system was written to."""
        raise NotImplementedError

    def applied(self) -> tuple[Actuator, Value, Value]:
        """Apply; return the actuator, what was there before, and what is there now."""
        actuator = self.actuator()
        before = actuator.read()
        wanted = actuator.aim(before, [self.does])
        actuator.write(wanted, expecting=before, key=KEY)
        return actuator, before, wanted

    def test_what_is_read_back_is_what_was_wanted_and_something_new(self) -> None:
        actuator, before, wanted = self.applied()
        assert actuator.read() == wanted != before

    def test_aiming_changes_nothing_and_says_the_same_again(self) -> None:
        actuator = self.actuator()
        before, state = actuator.read(), self.state()
        assert actuator.aim(before, [self.does]) == actuator.aim(before, [self.does])
        assert (self.state(), self.writes()) == (state, 0)

    def test_applying_twice_is_applying_once(self) -> None:
        actuator, before, wanted = self.applied()
        state = self.state()
        actuator.write(wanted, expecting=wanted, key=KEY)
        assert self.state() == state
        assert actuator.read() == actuator.aim(before, [self.does])

    def test_reverting_restores_exactly_what_was_there(self) -> None:
        state = self.untouched()
        actuator, before, wanted = self.applied()
        actuator.write(before, expecting=wanted, key="act_2")
        assert actuator.read() == before
        assert self.state() == state

    def untouched(self) -> object:
        """Return the state of the system before anything."""
        self.actuator()
        return self.state()

    def test_what_a_person_changed_meanwhile_is_not_overwritten(self) -> None:
        actuator, before, wanted = self.applied()
        self.meddle()
        state = self.state()
        assert actuator.read() not in (before, wanted)
        with pytest.raises(DeliveryError) as caught:
            actuator.write(before, expecting=wanted, key="act_2")
        assert caught.value.retryable  # the duty looks again, and then leaves it alone
        assert self.state() == state

    def test_values_are_canonical_json(self) -> None:
        _, before, wanted = self.applied()
        for value in (before, wanted):
            again = json.dumps(json.loads(value), sort_keys=True, separators=(",", ":"))
            assert again == value

    def test_it_says_what_it_does_and_what_there_is_in_one_line(self) -> None:
        actuator, before, wanted = self.applied()
        words = [actuator.says(self.does), actuator.shows(before), actuator.shows(wanted)]
        assert len(set(words)) == 3
        assert all(word and "\n" not in word and self.secret not in word for word in words)
        assert self.secret not in actuator.target
        assert actuator.target == self.actuator().target

    def test_it_serves_what_it_carries_out_and_not_what_only_tells(self) -> None:
        actuator = self.actuator()
        everyone = not self.does.slice.conditions
        assert actuator.serves(self.does.action, everyone=everyone)
        assert not actuator.serves(Action.NOTIFY, everyone=True)
        outlet = Outlet(name="a", kind="k", system="loans", actuator=actuator)
        assert outlet.serves(self.does)
        assert outlet.serves(replace(self.does, of_version="8")) is actuator.tells_versions
        assert self.secret not in repr(outlet)

    @pytest.mark.parametrize("fault", list(Fault))
    @pytest.mark.parametrize("call", ["read", "write"])
    def test_a_fault_says_whether_another_try_can_help_and_holds_no_secret(
        self, call: str, fault: Fault, caplog: pytest.LogCaptureFixture
    ) -> None:
        if fault in self.unknown:
            pytest.skip(self.unknown[fault])
        log_everything(caplog)
        before = self.actuator().read()
        wanted = self.actuator().aim(before, [self.does])
        actuator = self.actuator(fault)
        started_s = time.monotonic()
        calls: dict[str, Callable[[], object]] = {
            "read": actuator.read,
            "write": lambda: actuator.write(wanted, expecting=before, key=KEY),
        }
        with pytest.raises(DeliveryError) as caught:
            calls[call]()
        assert time.monotonic() - started_s < IN_TIME_S
        assert caught.value.retryable == RETRYABLE[fault]
        told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert self.secret not in told + repr(actuator) + logged(caplog)
        assert "\n" not in str(caught.value)


class HttpActuatorContract(ActuatorContract):
    """Of what is called over HTTP: `answer` plays the system, one call after the other."""

    vendor: Vendor
    client: httpx.Client

    def setup_method(self) -> None:
        self.fault: Reply | Fault | None = None
        self.wrote = 0
        self.begin()
        self.vendor = Vendor(self._reply)
        self.client = httpx.Client()

    def teardown_method(self) -> None:
        self.client.close()
        self.vendor.close()

    def begin(self) -> None:
        """Put the system into its first state."""
        raise NotImplementedError

    def build(self, url: str, timeout_s: float) -> Actuator:
        """Return an actuator of the system at `url` (scheme and host), with `secret` in it."""
        raise NotImplementedError

    def answer(self, call: Call) -> Reply:
        """Return what the system answers; it refuses what its schema does not know by a 4xx."""
        raise NotImplementedError

    def actuator(self, fault: Fault | None = None) -> Actuator:
        self.fault = REPLY.get(fault, fault) if fault else None
        host = self.vendor.url.removesuffix("/hook")
        return self.build(host, 0.3 if fault in SLOW else 8)

    def writes(self) -> int:
        return self.wrote

    def _reply(self, call: Call) -> Reply | Fault:
        if self.fault is not None:
            return self.fault
        reply = self.answer(call)
        self.wrote += call.method != "GET" and 200 <= reply.status <= 299
        return reply

    def replies(self, change: Callable[[Call], Reply]) -> None:
        """Let the system answer otherwise from now on."""
        self.answer = change  # pyright: ignore[reportAttributeAccessIssue] - played by this test

    def test_an_answer_of_somebody_else_is_none(self) -> None:
        actuator = self.actuator()
        self.replies(lambda _: Reply(200, b"<html>Please log in</html>"))
        with pytest.raises(DeliveryError) as caught:
            actuator.read()
        assert caught.value.retryable

    def test_a_system_that_says_our_secret_back_is_not_quoted_with_it(self) -> None:
        actuator = self.actuator()
        said = json.dumps({"message": f"no {self.secret}", "error_code": self.secret}).encode()
        self.replies(lambda _: Reply(400, said))
        with pytest.raises(DeliveryError) as caught:
            actuator.read()
        assert self.secret not in str(caught.value)

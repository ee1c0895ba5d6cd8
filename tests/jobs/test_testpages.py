"""Test pages go the way of pages: retried, sent again after a crash, never in a page's way."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.jobs.scene import LENDING, MINUTE, SECOND, Scene, fault, scene
from tests.jobs.test_follow import Keeper
from tests.patience import PATIENCE_S
from tocsin.alert.links import check_test
from tocsin.alert.ports import Turn
from tocsin.jobs import oncall, testpages
from tocsin.jobs.worker import Worker
from tocsin.oncall.person import Contact, Person
from tocsin.oncall.reach import Reach, Verdict
from tocsin.store import reach
from tocsin.store import testpages as rows
from tocsin.store.outbox import PageState
from tocsin.store.testpages import PageTest

WHO = Person("lending", (LENDING, Contact("lending", "hook", "")))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Scene]:
    yield from scene(tmp_path)


def ask(stage: Scene, person: Person = WHO) -> list[PageTest]:
    with stage.database.unit("aspen", stage.clock()) as unit:
        return rows.add(unit, person)


def found(stage: Scene) -> dict[str, PageTest]:
    with stage.database.reading() as conn:
        return {one.contact.channel: one for one in rows.of_person(conn, "lending", 10)}


def work(stage: Scene, by: timedelta = timedelta(0)) -> None:
    until = stage.clock() + by
    while True:
        testpages.deliver(stage.rings, stage.clock())
        if stage.clock() >= until:
            return
        stage.clock.move(SECOND)


def test_every_contact_gets_one_marked_test_with_a_link_of_its_own(stage: Scene) -> None:
    ask(stage)
    work(stage, MINUTE)
    (mail,), (hook,) = stage.mail.taken, stage.hook.taken
    assert mail.address == LENDING.address
    assert mail.subject == "[TEST] Tocsin test page for lending"
    assert mail.text.startswith(
        "This is a test, nobody needs to do anything; press acknowledge to show that it reached you"
    )
    assert mail.facts["test"] == "true"
    assert mail.thread != hook.thread
    link, _, signature = mail.acknowledge_url.partition("?s=")
    assert link == f"http://localhost:8470/test-pages/{found(stage)['mail'].id}"
    assert check_test(stage.rings.secret, mail.key, signature)
    assert {one.state for one in found(stage).values()} == {PageState.ACCEPTED}


def test_a_refusal_is_kept_with_its_reason_and_a_passing_fault_is_tried_again(
    stage: Scene,
) -> None:
    stage.mail.faults = [fault(retryable=True), fault(retryable=True)]
    stage.hook.faults = [fault(retryable=False)]
    ask(stage)
    work(stage, 3 * SECOND)
    tests = found(stage)
    assert (tests["mail"].state, tests["mail"].attempts) == (PageState.ACCEPTED, 3)
    assert (tests["hook"].state, tests["hook"].error) == (PageState.FAILED, "receiver said no")
    assert stage.hook.taken == []


def test_a_test_gives_up_where_a_page_would_go_on(stage: Scene) -> None:
    stage.mail.broken = RuntimeError("secret")
    ask(stage)
    work(stage, 2 * MINUTE)
    one = found(stage)["mail"]
    assert (one.state, one.attempts) == (PageState.FAILED, testpages.MOST_TRIES)
    assert one.error == "channel 'mail' broke: RuntimeError"


def test_a_channel_that_is_not_configured_fails_at_once(stage: Scene) -> None:
    ask(stage, Person("lending", (Contact("lending", "pigeon", ""),)))
    work(stage)
    one = found(stage)["pigeon"]
    assert (one.state, one.error) == (PageState.FAILED, "no channel is called 'pigeon'")


def test_a_worker_that_died_after_the_send_leaves_a_test_that_is_sent_again(stage: Scene) -> None:
    ask(stage, Person("lending", (LENDING,)))
    stage.mail.on_take = _die
    with pytest.raises(_Killed):
        work(stage)
    stage.mail.on_take = None
    work(stage, stage.rings.lease)
    assert [one.key for one in stage.mail.taken] == [found(stage)["mail"].id] * 2
    assert found(stage)["mail"].state is PageState.ACCEPTED


def test_tests_that_hang_take_no_thread_from_a_page(stage: Scene) -> None:
    gate, arrived = threading.Event(), threading.Event()
    stage.hook.gate, stage.mail.on_take = gate, arrived.set
    stage.rings = replace(stage.rings, senders=1)
    for name in ("a", "b", "c"):
        ask(stage, Person(name, (Contact(name, "hook", ""),)))
    worker = Worker(stage.rings, pipeline=[])
    try:
        worker.once()
        stage.declare_incident()
        worker.once()
        assert arrived.wait(PATIENCE_S)
        assert stage.hook.taken == []
    finally:
        gate.set()
        worker.stop()


def test_a_receiver_that_keeps_incidents_is_told_that_the_test_is_over(tmp_path: Path) -> None:
    for stage in scene(tmp_path):
        keeper = Keeper("pagerduty", deaf=[fault(retryable=True)])
        stage.rings = replace(stage.rings, notifiers={"mail": keeper, "hook": stage.hook})
        first, second = ask(stage, Person("lending", (LENDING, replace(LENDING, address="b"))))
        work(stage)
        with stage.database.unit("lending", stage.clock()) as unit:
            rows.acknowledge(unit, first.id)
        for _ in range(3):  # the first call is not heard, the third has nothing to say
            testpages.close(stage.rings, stage.clock())
        assert keeper.heard == [(first.id, Turn.RESOLVED, "lending")]
        stage.clock.move(16 * MINUTE)
        for _ in range(2):
            testpages.close(stage.rings, stage.clock())
        assert [thread for thread, _, _ in keeper.heard] == [first.id, second.id]


def test_a_test_is_no_page_and_opens_nothing(stage: Scene) -> None:
    ask(stage)
    oncall.escalate(stage.rings, stage.clock())
    oncall.deliver(stage.rings, stage.clock())
    assert stage.mail.taken == []


def test_pages_and_tests_alike_tell_who_is_reached(stage: Scene) -> None:
    stage.hook.broken = fault(retryable=False)
    ask(stage)
    work(stage)
    asked = stage.clock()
    stage.clock.move(MINUTE)
    stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    oncall.deliver(stage.rings, stage.clock())
    with stage.database.reading() as conn:
        mail, hook = reach.of_contacts(conn, WHO.contacts)
    assert mail == Reach(contact=LENDING, accepted_at=stage.clock())
    assert (hook.failed_at, hook.failure) == (asked, "receiver said no")
    stage.mail.broken = fault(retryable=True)
    stage.clock.move(5 * MINUTE)
    stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    oncall.deliver(stage.rings, stage.clock())
    with stage.database.reading() as conn:
        (mail,) = reach.of_contacts(conn, [LENDING])
    assert mail.verdict(stage.clock()) is Verdict.FAILS


class _Killed(BaseException):
    """The process ends here."""


def _die() -> None:
    raise _Killed

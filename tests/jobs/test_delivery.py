"""A channel that hangs holds up its own pages and nobody else's."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.jobs.scene import DUTY, LENDING, Inbox, Scene, keys
from tocsin.jobs import oncall, testpages
from tocsin.jobs.delivery import Delivery, apart
from tocsin.oncall.person import Person
from tocsin.oncall.policy import Contact, Policy, Step
from tocsin.store import pages
from tocsin.store import testpages as stored
from tocsin.store.pages import PageRow

CHAT = Contact("chat", "chat", "")


def call(stage: Scene, contact: Contact, times: int = 1) -> None:
    """Let `contact` be due to be paged for so many incidents of their own."""
    policy = Policy("one", (Step(timedelta(0), (contact,)),), (contact,))
    stage.rings = replace(stage.rings, policy=policy)
    for _ in range(times):
        stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())


@contextmanager
def hung(*inboxes: Inbox) -> Generator[threading.Event]:
    gate = threading.Event()
    for inbox in inboxes:
        inbox.gate = gate
    try:
        yield gate
    finally:
        gate.set()


@contextmanager
def delivering(stage: Scene) -> Generator[Delivery[PageRow]]:
    delivery = apart(stage.rings.senders, oncall.claim, oncall.send, pages.renew)
    try:
        yield delivery
    finally:
        delivery.close()


def rounds(stage: Scene, delivery: Delivery[PageRow], number: int = 3) -> None:
    for _ in range(number):
        delivery.run(stage.rings, stage.clock())


@pytest.fixture
def arrived(stage: Scene) -> threading.Event:
    event = threading.Event()
    stage.hook.on_take = event.set
    return event


def test_twenty_pages_that_hang_hold_up_no_page_by_another_channel(
    stage: Scene, arrived: threading.Event
) -> None:
    call(stage, LENDING, times=20)
    with delivering(stage) as delivery, hung(stage.mail):
        rounds(stage, delivery)
        assert len(delivery.sending()) == 8
        call(stage, DUTY)
        rounds(stage, delivery)
        assert arrived.wait(5)
        assert stage.mail.taken == []


def test_the_one_behind_them_all_goes_out_in_the_same_round(
    stage: Scene, arrived: threading.Event
) -> None:
    call(stage, LENDING, times=20)
    call(stage, DUTY)
    with delivering(stage) as delivery, hung(stage.mail):
        rounds(stage, delivery, 1)
        assert arrived.wait(5)


def test_two_channels_that_hang_hold_up_no_third(stage: Scene, arrived: threading.Event) -> None:
    chat = Inbox("chat")
    stage.rings = replace(stage.rings, notifiers={**stage.rings.notifiers, "chat": chat})
    call(stage, LENDING, times=20)
    call(stage, CHAT, times=20)
    with delivering(stage) as delivery, hung(stage.mail, chat):
        rounds(stage, delivery)
        call(stage, DUTY)
        rounds(stage, delivery)
        assert arrived.wait(5)


def test_once_it_is_back_everything_goes_out_and_nothing_twice(stage: Scene) -> None:
    call(stage, LENDING, times=20)
    with delivering(stage) as delivery:
        with hung(stage.mail):
            rounds(stage, delivery)
        for _ in range(500):
            delivery.run(stage.rings, stage.clock())
            if len(stage.mail.taken) == 20:
                break
            threading.Event().wait(0.01)
    assert len(keys(stage.mail.taken)) == 20
    assert len({notice.key for notice in stage.mail.taken}) == 20


def test_a_test_of_a_channel_that_hangs_holds_up_no_other_test(
    stage: Scene, arrived: threading.Event
) -> None:
    asked = Person("aspen", (LENDING, replace(LENDING, address="home@example.org"), DUTY))
    with stage.database.unit("aspen", stage.clock()) as unit:
        stored.add(unit, asked)
    delivery = testpages.delivery(2)
    try:
        with hung(stage.mail):
            delivery.run(stage.rings, stage.clock())
            assert arrived.wait(5)
    finally:
        delivery.close()

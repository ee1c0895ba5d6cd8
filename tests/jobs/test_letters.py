"""Letters arrive at least once, at most one too many per crash, and never at who has left."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.incident.public import DAY
from tests.jobs.public import Box, say, subscribe, with_page
from tests.jobs.scene import MINUTE, Scene, fault
from tocsin.incident.bulletin import Stage
from tocsin.incident.subscriber import CONFIRM_WITHIN, Way
from tocsin.jobs import letters as duty
from tocsin.store import letters, subscribers
from tocsin.store.letters import LetterRow
from tocsin.store.outbox import PageState


def deliver(stage: Scene) -> None:
    duty.deliver(stage.rings, stage.clock())


def last(stage: Scene, id_: str) -> LetterRow:
    with stage.database.reading() as conn:
        return letters.of_subscriber(conn, id_)[-1]


@pytest.fixture
def box(stage: Scene, tmp_path: Path) -> Box:
    return with_page(stage, tmp_path)


def test_who_asks_gets_the_link_and_who_confirms_gets_the_news(stage: Scene, box: Box) -> None:
    with stage.database.unit("anonymous", stage.clock()) as unit:
        subscribers.ask(unit, Way.MAIL, "aspen@example.org")
    deliver(stage)
    (first,) = box.taken
    assert first.address == "aspen@example.org"
    assert "/status/confirm/sub_" in first.text
    assert first.leave_url == ""
    incident = stage.declare_incident()
    say(stage, incident, "Nobody must hear of this yet.")
    deliver(stage)
    assert len(box.taken) == 1
    with stage.database.unit("subscriber", stage.clock()) as unit:
        id_ = first.text.partition("/confirm/")[2].partition("?")[0]
        subscribers.confirm(unit, id_)
    say(stage, incident, "It is over.", Stage.RESOLVED)
    deliver(stage)
    deliver(stage)
    update = box.taken[1]
    assert len(box.taken) == 2
    assert update.subject == "Acme lending: Wrong answers to applications (resolved)"
    assert f"/status/unsubscribe/{id_}?s=" in update.leave_url
    for word in (incident.id, "INC-", "wrong denials", "lending@", "aspen "):
        assert word not in update.text


def test_every_post_is_told_in_its_own_words_even_late(stage: Scene, box: Box) -> None:
    subscribe(stage)
    incident = stage.declare_incident()
    say(stage, incident, "We look into it.", Stage.INVESTIGATING)
    say(stage, incident, "We found it.", Stage.IDENTIFIED)
    deliver(stage)
    told = sorted((one.facts["stage"], one.facts["text"]) for one in box.taken)
    assert told == [("identified", "We found it."), ("investigating", "We look into it.")]


def test_a_server_that_is_down_is_asked_again_and_a_refusal_is_final(
    stage: Scene, box: Box
) -> None:
    id_ = subscribe(stage)
    incident = stage.declare_incident()
    say(stage, incident, "One.")
    box.faults = [fault(retryable=True), ValueError("secret")]
    deliver(stage)
    assert (last(stage, id_).state, box.taken) == (PageState.DUE, [])
    for _ in range(2):
        stage.clock.move(MINUTE)
        deliver(stage)
    assert [one.facts["text"] for one in box.taken] == ["One."]
    say(stage, incident, "Two.")
    box.faults = [fault(retryable=False)]
    for _ in range(3):
        deliver(stage)
        stage.clock.move(MINUTE)
    assert last(stage, id_).state is PageState.FAILED
    assert len(box.taken) == 1


def test_tries_end_some_day(stage: Scene, box: Box) -> None:
    id_ = subscribe(stage)
    say(stage, stage.declare_incident(), "One.")
    box.faults = [fault(retryable=True)] * 50
    for _ in range(20):
        deliver(stage)
        stage.clock.move(MINUTE)
    assert (last(stage, id_).state, last(stage, id_).attempts) == (PageState.FAILED, 12)


def test_who_leaves_between_claim_and_sending_gets_nothing(stage: Scene, box: Box) -> None:
    id_ = subscribe(stage)
    say(stage, stage.declare_incident(), "One.")
    (row,) = duty.claim(stage.rings, stage.clock(), 10)
    with stage.database.unit("subscriber", stage.clock()) as unit:
        subscribers.leave(unit, id_)
    duty.send(stage.rings, row)
    deliver(stage)
    assert box.taken == []


def test_a_worker_that_dies_after_sending_costs_one_duplicate_under_the_same_key(
    stage: Scene, box: Box
) -> None:
    subscribe(stage)
    say(stage, stage.declare_incident(), "One.")
    (row,) = duty.claim(stage.rings, stage.clock(), 10)
    assert stage.rings.status is not None
    duty._attempt(stage.rings, stage.rings.status, row)  # pyright: ignore[reportPrivateUsage] - dies here
    stage.clock.move(duty.LEASE + timedelta(seconds=1))
    deliver(stage)
    assert len(box.taken) == 2
    assert len({one.key for one in box.taken}) == 1


def test_a_slow_mail_server_doubles_no_letter(stage: Scene, box: Box) -> None:
    for name in ("aspen", "birch", "cedar"):
        subscribe(stage, f"{name}@example.org")
    say(stage, stage.declare_incident(), "One.")
    other = replace(stage.rings, worker="other")
    found: list[LetterRow] = []

    def be_slow() -> None:
        if len(box.taken) == 2:  # the first one's lease is renewed by the delivery
            stage.clock.move(timedelta(seconds=25))
            found.extend(duty.claim(other, stage.clock(), 10))

    box.on_take = be_slow
    (first,) = duty.claim(stage.rings, stage.clock(), 1)
    duty.send_on(stage.rings, first)
    assert [row.attempts for row in found] == [1]


def test_who_never_confirms_is_forgotten(stage: Scene, box: Box) -> None:
    with stage.database.unit("anonymous", stage.clock()) as unit:
        subscribers.ask(unit, Way.MAIL, "aspen@example.org")
    deliver(stage)
    (first,) = box.taken
    stage.clock.move(CONFIRM_WITHIN + DAY)
    deliver(stage)
    id_ = first.text.partition("/confirm/")[2].partition("?")[0]
    with stage.database.reading() as conn:
        assert letters.of_subscriber(conn, id_) == []
        assert not subscribers.late(conn, stage.clock())


def test_webhooks_are_signed_with_a_secret_of_their_own(stage: Scene, box: Box) -> None:
    first = subscribe(stage, "https://a.example.org/x", Way.WEBHOOK)
    second = subscribe(stage, "https://b.example.org/x", Way.WEBHOOK)
    say(stage, stage.declare_incident(), "One.")
    deliver(stage)
    assert first != second
    assert len({one.secret for one in box.taken}) == 2
    assert all(len(one.secret) == 64 for one in box.taken)


def test_many_subscribers_are_all_told(stage: Scene, box: Box) -> None:
    for k in range(40):
        subscribe(stage, f"a{k}@example.org")
    say(stage, stage.declare_incident(), "One.")
    pool = duty.delivery(4)
    pool.run(stage.rings, stage.clock())
    pool.close()
    assert len({one.address for one in box.taken}) == 40

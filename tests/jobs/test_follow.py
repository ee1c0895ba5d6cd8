"""Receivers that keep the incident too hear what became of it, and pages ring again after it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typing_extensions import override

from tests.jobs.scene import MINUTE, Inbox, Scene, fault, scene
from tocsin.alert.notice import Notice
from tocsin.alert.ports import Receipt, Turn
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident
from tocsin.jobs import follow, oncall
from tocsin.store import incidents, pages, tables

DAY = timedelta(days=1)


@dataclass
class Keeper(Inbox):
    """A receiver that keeps incidents: it rings for a thread only while nobody has it there."""

    rung: list[str] = field(default_factory=list[str])
    heard: list[tuple[str, Turn, str]] = field(default_factory=list[tuple[str, Turn, str]])
    deaf: list[Exception] = field(default_factory=list[Exception])

    @override
    def send(self, notice: Notice) -> Receipt:
        super().send(notice)
        if not any(thread == notice.thread for thread, _, _ in self.heard):
            self.rung.append(notice.thread)
        return Receipt(self.channel, notice.thread)

    def follow(self, receipt: Receipt, turn: Turn, by: str) -> None:
        if self.deaf:
            raise self.deaf.pop(0)
        self.heard.append((receipt.external_id, turn, by))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Scene]:
    for one in scene(tmp_path):
        keeper = Keeper("pagerduty")
        one.mail = keeper
        one.rings = replace(one.rings, notifiers={"mail": keeper, "hook": one.hook})
        yield one


def keeper(stage: Scene) -> Keeper:
    assert isinstance(stage.mail, Keeper)
    return stage.mail


def work(stage: Scene) -> None:
    oncall.escalate(stage.rings, stage.clock())
    oncall.deliver(stage.rings, stage.clock())
    follow.run(stage.rings, stage.clock())


def heard_there(stage: Scene, incident: Incident, turn: str) -> None:
    """Write what `web.heard` writes when a turn was taken at the receiver itself."""
    with stage.database.unit("tocsin", stage.clock()) as unit:
        after, entries = lifecycle.note(
            incidents.get(unit.conn, incident.id),
            kind=EntryKind.NOTE,
            text="acknowledged in PagerDuty by lending",
            actor="tocsin",
            now=unit.now,
            entry_id=unit.new_id("ent"),
            facts={"told": turn, "channel": "mail", "thread": incident.id},
        )
        incidents.save(unit, after, entries)


def move(stage: Scene, incident: Incident, turn: str) -> None:
    with stage.database.unit("lending", stage.clock()) as unit:
        now, entry_id = stage.clock(), unit.new_id("ent")
        before = incidents.get(unit.conn, incident.id)
        if turn == "acknowledge":
            after, entries = lifecycle.acknowledge(
                before, actor="lending", now=now, entry_id=entry_id
            )
        elif turn == "call again":
            after, entries = lifecycle.call_again(
                before, why="it harms", now=now, entry_id=entry_id
            )
        else:
            after, entries = lifecycle.resolve(before, actor="lending", now=now, entry_id=entry_id)
        incidents.save(unit, after, entries)
        if turn != "call again":
            pages.acknowledge(unit, incident.id, "lending")


def told(stage: Scene, incident: Incident) -> list[str]:
    with stage.database.reading() as conn:
        entries = incidents.timeline(conn, incident.id)
    return [entry.text for entry in entries if "told" in entry.facts]


def test_each_turn_is_told_once_and_stands_on_the_timeline(stage: Scene) -> None:
    incident = stage.declare_incident()
    work(stage)
    assert keeper(stage).heard == []
    for turn in ("acknowledge", "resolve"):
        move(stage, incident, turn)
        for _ in range(3):
            stage.clock.move(MINUTE)
            work(stage)
    assert keeper(stage).heard == [
        (incident.id, Turn.ACKNOWLEDGED, "lending"),
        (incident.id, Turn.RESOLVED, "lending"),
    ]
    assert told(stage, incident) == [
        "told mail that it is acknowledged",
        "told mail that it is resolved",
    ]


def test_what_was_heard_from_a_receiver_is_not_told_back_to_it(stage: Scene) -> None:
    incident = stage.declare_incident()
    work(stage)
    move(stage, incident, "acknowledge")
    heard_there(stage, incident, "acknowledged")
    work(stage)
    assert keeper(stage).heard == []
    move(stage, incident, "resolve")  # that was done here, and is told
    work(stage)
    assert keeper(stage).heard == [(incident.id, Turn.RESOLVED, "lending")]


def test_nobody_hears_of_an_incident_that_it_was_never_paged_for(stage: Scene) -> None:
    incident = stage.declare_incident()
    move(stage, incident, "acknowledge")
    work(stage)
    assert keeper(stage).heard == []


def test_once_people_are_called_again_the_receiver_rings_again(stage: Scene) -> None:
    incident = stage.declare_incident()
    work(stage)
    move(stage, incident, "acknowledge")
    work(stage)
    move(stage, incident, "call again")
    for _ in range(40):
        stage.clock.move(MINUTE)
        work(stage)
    assert keeper(stage).rung[0] == incident.id
    assert f"{incident.id}/1" in keeper(stage).rung
    move(stage, incident, "resolve")
    work(stage)
    resolved = {thread for thread, turn, _ in keeper(stage).heard if turn == Turn.RESOLVED}
    assert resolved == {incident.id, f"{incident.id}/1"}


def test_a_receiver_that_is_away_is_told_later_but_not_for_ever(stage: Scene) -> None:
    incident = stage.declare_incident()
    work(stage)
    move(stage, incident, "acknowledge")
    keeper(stage).deaf = [fault(retryable=True)] * 2
    for expected in (0, 0, 1, 1):
        stage.clock.move(MINUTE)
        work(stage)
        assert len(keeper(stage).heard) == expected
    move(stage, incident, "resolve")
    stage.clock.move(DAY + MINUTE)
    work(stage)
    assert [turn for _, turn, _ in keeper(stage).heard] == [Turn.ACKNOWLEDGED]


def test_a_receiver_that_refuses_is_told_no_more_and_people_can_read_why(stage: Scene) -> None:
    incident = stage.declare_incident()
    work(stage)
    move(stage, incident, "acknowledge")
    keeper(stage).deaf = [fault(retryable=False)]
    work(stage)
    work(stage)
    assert keeper(stage).heard == []
    assert told(stage, incident) == [
        "could not tell mail that it is acknowledged: receiver said no"
    ]


def test_killed_before_the_line_is_written_it_is_told_again(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = stage.declare_incident()
    work(stage)
    move(stage, incident, "acknowledge")

    def die(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as killed:
        killed.setattr(follow.lifecycle, "note", die)
        with pytest.raises(ZeroDivisionError):
            follow.run(stage.rings, stage.clock())
    follow.run(stage.rings, stage.clock())
    assert len(keeper(stage).heard) == 2
    assert told(stage, incident) == ["told mail that it is acknowledged"]


def test_a_page_under_way_meanwhile_opens_it_there_anew_and_is_told_again(stage: Scene) -> None:
    incident = stage.declare_incident()
    oncall.escalate(stage.rings, stage.clock())
    (first,) = oncall.claim(stage.rings, stage.clock(), 1)
    oncall.send(stage.rings, first)
    move(stage, incident, "resolve")
    follow.run(stage.rings, stage.clock())
    stage.clock.move(MINUTE)
    with stage.database.unit("worker", stage.clock()) as unit:
        unit.conn.execute(sa.update(tables.page).values(accepted_at=stage.clock()))
    for _ in range(3):
        stage.clock.move(MINUTE)
        follow.run(stage.rings, stage.clock())
    assert [turn for _, turn, _ in keeper(stage).heard] == [Turn.RESOLVED] * 2


def test_after_a_storm_the_turns_of_the_oldest_are_told_as_well(stage: Scene) -> None:
    incident = stage.declare_incident()
    work(stage)
    stage.storm(201)
    for turn in ("acknowledge", "resolve"):
        move(stage, incident, turn)
        follow.run(stage.rings, stage.clock())
    assert [turn for _, turn, _ in keeper(stage).heard] == [Turn.ACKNOWLEDGED, Turn.RESOLVED]

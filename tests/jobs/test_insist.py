"""Who does not answer is asked again through the outbox; then the commander hears of it, once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.jobs.scene import LENDING, MINUTE, Scene, keys
from tests.jobs.test_joining import COMMAND, opened
from tests.jobs.test_oncall import acknowledge, timeline
from tests.jobs.test_oncall import work as paged
from tocsin.incident.command import Again
from tocsin.incident.incident import Incident, Role, Severity
from tocsin.incident.joining import AGAIN, FIRST
from tocsin.incident.update import Telling
from tocsin.jobs import insist, updates
from tocsin.oncall.person import Contact, Person
from tocsin.store import incidents, pages
from tocsin.web import roles

LAWYER = f"{FIRST + 1}"
LEADER = Person("lending", (LENDING, Contact("lending", "hook", "")))


@pytest.fixture
def asked(stage: Scene) -> Incident:
    """Return an incident that `lending` leads and that a lawyer was asked to join."""
    stage.rings = replace(stage.rings, telling=Telling(people={"lending": LEADER}))
    command = replace(COMMAND, asks=COMMAND.asks[:2], again=Again())
    incident = opened(stage, Severity.SEV2, command)
    paged(stage)
    acknowledge(stage, incident)
    return incident


def work(stage: Scene, by: timedelta) -> None:
    until = stage.clock() + by
    while stage.clock() < until:
        paged(stage, 5 * MINUTE, 5 * MINUTE)
        for _ in range(2):
            insist.run(stage.rings, stage.clock())
        updates.deliver(stage.rings, stage.clock())


def test_silence_is_answered_twice_and_then_the_commander_is_told(
    stage: Scene, asked: Incident
) -> None:
    work(stage, 46 * MINUTE)
    lawyer = [f"{LAWYER}/{round_}/lawyer/hook" for round_ in (0, AGAIN, 2 * AGAIN)]
    assert keys(stage.hook.taken) == lawyer
    assert "for the 2nd time" in stage.hook.taken[1].text
    work(stage, 60 * MINUTE)
    assert keys(stage.hook.taken) == lawyer, "it is bounded"
    told = stage.mail.taken[-1]
    words = "lawyer was asked to join as legal and compliance 3 times and has not answered"
    assert told.subject.endswith(f"{words}.")
    assert told.address == LENDING.address
    lines = [line for line in timeline(stage, asked) if "has not answered" in line]
    assert lines == [f"{words}; told lending by mail"]


def test_an_answer_ends_it(stage: Scene, asked: Incident) -> None:
    work(stage, 16 * MINUTE)
    with stage.database.unit("lending", stage.clock()) as unit:
        roles.assign(unit, asked.id, Role.LEGAL, "lawyer")
    work(stage, 90 * MINUTE)
    assert len(stage.hook.taken) == 1, "the one that was under way before"
    assert not [line for line in timeline(stage, asked) if "has not answered" in line]


def test_nobody_who_leads_can_be_told_and_the_timeline_says_it(stage: Scene) -> None:
    command = replace(COMMAND, asks=COMMAND.asks[1:2], again=Again(times=0))
    incident = opened(stage, Severity.SEV2, command)
    work(stage, 31 * MINUTE)
    lines = [line for line in timeline(stage, incident) if "has not answered" in line]
    words = "lawyer was asked to join as legal and compliance 1 time and has not answered"
    assert lines == [words]


def test_a_crash_before_the_line_is_written_says_it_once_all_the_same(
    stage: Scene, asked: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(stage, 55 * MINUTE)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    stage.clock.move(6 * MINUTE)
    with monkeypatch.context() as patch:
        patch.setattr(incidents, "save", die)
        with pytest.raises(KeyboardInterrupt):
            insist.run(stage.rings, stage.clock())
    assert not [line for line in timeline(stage, asked) if "has not answered" in line]
    work(stage, 5 * MINUTE)
    assert len([line for line in timeline(stage, asked) if "has not answered" in line]) == 1
    assert sum("SILENT" in one.subject for one in stage.mail.taken) == 1
    with stage.database.reading() as conn:
        assert pages.of_incident(conn, asked.id)

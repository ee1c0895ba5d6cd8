"""What people do to tell others: whom an update reaches, where the war room is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.web.cast import Stage
from tests.web.story import declare
from tests.web.test_relating import opened
from tocsin.base.errors import BadInput, Conflict
from tocsin.incident.incident import Severity
from tocsin.incident.update import Telling, Update, Voice
from tocsin.store import incidents, updates
from tocsin.web import moves, relating, telling


def send(stage: Stage, incident: str, voice: Voice = Voice.EXECUTIVE) -> Update:
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        return telling.send_update(
            unit, stage.site, incident, voice=voice, to=(), subject=" a\n b ", text=" c\r\nd "
        )


def test_every_new_incident_has_the_war_room_of_the_template(stage: Stage) -> None:
    told = replace(stage.site.telling, war_room="https://chat.example.org/{incident}")
    site = replace(stage.site, telling=told)
    with site.database.unit("aspen", stage.watch()) as unit:
        one = moves.declare(unit, site, system="loans", title="Odd", severity=Severity.SEV2)
    with site.database.reading() as conn:
        assert incidents.get(conn, one.id).war_room == "https://chat.example.org/inc-1"


def test_what_is_kept_is_what_was_sent_without_the_browsers_line_ends(stage: Stage) -> None:
    update = send(stage, declare(stage))
    assert (update.subject, update.text) == ("a b", "c\nd")
    with stage.site.database.reading() as conn:
        assert updates.get(conn, update.id) == update


def test_a_merged_incident_tells_nobody(stage: Stage) -> None:
    opened(stage, "north")
    loser = opened(stage, "south")
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        relating.merge(unit, loser, "1", "")
    with pytest.raises(Conflict, match="tell of INC-1"):
        send(stage, loser)
    with stage.site.database.reading() as conn:
        assert telling.told(conn, stage.site, incidents.get(conn, loser)).dues == ()


def test_without_an_audience_of_that_voice_there_is_nobody_to_tell(stage: Stage) -> None:
    board = stage.site.telling.audiences[:1]
    object.__setattr__(stage.site, "telling", Telling(audiences=board))
    incident = declare(stage)
    with pytest.raises(BadInput, match="nobody hears of loans in the technical voice"):
        send(stage, incident, Voice.TECHNICAL)
    assert send(stage, incident).audiences == ("board",)


def test_the_number_of_a_draft_counts_what_was_sent(stage: Stage) -> None:
    incident = declare(stage)
    for number in (1, 2):
        with stage.site.database.reading() as conn:
            found = incidents.get(conn, incident)
            (draft,) = telling.drafts(conn, stage.site, found, [Voice.TECHNICAL])
        assert draft.subject == f"INC-1 update {number}: Denied"
        send(stage, incident, Voice.TECHNICAL)
        stage.watch.forward(timedelta(minutes=10))

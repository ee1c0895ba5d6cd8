"""What the draft of an update knows is what the records hold."""

import math
from datetime import timedelta

import pytest

from tests.store.examples import NOW
from tests.web.cast import Stage
from tests.web.story import declare
from tests.web.story import known as tell
from tocsin.incident.voices import Known
from tocsin.store import incidents
from tocsin.web.known import known, news


def of(stage: Stage, incident: str) -> Known:
    with stage.site.database.reading() as conn:
        return known(conn, incidents.get(conn, incident), stage.watch())


def test_a_new_incident_knows_no_figure(stage: Stage) -> None:
    one = of(stage, declare(stage))
    assert (one.affected, one.causes, one.in_force, one.preventions) == (None, (), (), ())
    assert all(map(math.isnan, (one.errors, one.cost)))
    assert (one.priced, one.currency, one.remedied) == (True, "EUR", 0)


def test_a_diagnosed_one_knows_causes_reach_and_recovery(stage: Stage) -> None:
    incident = declare(stage)
    tell(stage, incident)
    one = of(stage, incident)
    assert one.affected == 3
    assert any("v311" in cause and cause.endswith(" %)") for cause in one.causes)
    assert one.recovery


def test_news_is_what_came_after_the_last_update_and_no_note(stage: Stage) -> None:
    incident = declare(stage)
    stage.watch.forward(timedelta(minutes=5))
    stage.ask("responder", "POST", "/v1/incidents/1/acknowledge")
    stage.ask("responder", "POST", "/v1/incidents/1/notes", {"text": "our own"})
    with stage.site.database.reading() as conn:
        entries = incidents.timeline(conn, incident)
    later = NOW + timedelta(minutes=1)
    assert news(entries, later) == ("14:10 responder has acknowledged and leads",)
    assert news(entries, None) == news(entries, later)
    assert news(entries, NOW + timedelta(minutes=5)) == ()


def test_remedies_on_a_long_ledger_are_not_counted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = declare(stage)
    tell(stage, incident)
    assert of(stage, incident).remedied == 0
    monkeypatch.setattr("tocsin.web.known.LEDGER_AT_MOST", 2)
    assert of(stage, incident).remedied is None

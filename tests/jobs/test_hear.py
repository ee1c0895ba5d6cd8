"""Outside alerts are heard between two rounds; the trouble of one system keeps no other waiting."""

from unittest.mock import patch

import pytest
import sqlalchemy as sa

from tests.ingest.payloads import alertmanager_alert
from tests.jobs.scene import Scene
from tests.jobs.test_alert import the_incident
from tests.jobs.test_alert_outside import ERRORS, OVER, sent
from tests.jobs.test_quiet import opened
from tocsin.incident.incident import Severity
from tocsin.jobs import hear
from tocsin.store import systems


def test_an_ear_hears_what_is_new_and_then_nothing(stage: Scene) -> None:
    ear = hear.Ear()
    ear.run(stage.rings, stage.clock())
    assert opened(stage) == []
    sent(stage, ERRORS)
    ear.run(stage.rings, stage.clock())
    assert the_incident(stage).severity == Severity.SEV1
    before = stage.database.changes()
    ear.run(stage.rings, stage.clock())
    assert stage.database.changes() == before
    sent(stage, OVER)
    ear.run(stage.rings, stage.clock())
    assert the_incident(stage).recovered_at == stage.clock()


def test_what_could_not_be_heard_is_heard_at_the_next_try(stage: Scene) -> None:
    ear = hear.Ear()
    sent(stage, ERRORS)
    full = patch("tocsin.jobs.alert.group", side_effect=OSError("the disk is full"))
    with full, pytest.raises(ExceptionGroup, match="could not be served"):
        ear.run(stage.rings, stage.clock())
    assert opened(stage) == []
    ear.run(stage.rings, stage.clock())
    assert len(opened(stage)) == 1


def test_the_trouble_of_one_system_does_not_keep_the_others_unheard(stage: Scene) -> None:
    stage.declare("cards")
    ear = hear.Ear()
    sent(stage, ERRORS, alertmanager_alert(labels={"system": "cards"}))
    look, before = systems.get, stage.database.changes()

    def broken(conn: sa.Connection, name: str) -> systems.StoredSystem:
        if name == "loans":
            raise OSError("no luck")
        return look(conn, name)

    with patch("tocsin.store.systems.get", broken):
        for _ in range(2):
            with pytest.raises(ExceptionGroup, match="could not be served"):
                ear.run(stage.rings, stage.clock())
    assert [incident.system for incident in opened(stage)] == ["cards"]
    assert stage.database.changes() == before + 1  # the second time nothing was new: nobody woke
    ear.run(stage.rings, stage.clock())
    assert {incident.system for incident in opened(stage)} == {"cards", "loans"}

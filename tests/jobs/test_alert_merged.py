"""An alarm that goes on after its incident was merged goes on under the one it was merged into.

And an incident that opens by itself has the war room of the template, which its pages name.
"""

from dataclasses import replace

from tests.jobs.scene import Scene
from tests.jobs.test_alert import GOVERNMENT, evaluate, the_incident
from tocsin.alert.state import AlertState
from tocsin.incident import relate
from tocsin.incident.update import Telling
from tocsin.jobs import oncall
from tocsin.store import alerts, incidents


def test_an_alarm_that_a_merge_missed_moves_with_the_next_evaluation(stage: Scene) -> None:
    evaluate(stage, GOVERNMENT)
    loser = the_incident(stage)
    winner = stage.declare_incident()
    with stage.database.unit("aspen", stage.clock()) as unit:  # and its alert stays where it was
        ids = [unit.new_id("ent") for _ in range(4)]
        done = relate.merge(winner, loser, why="", actor="aspen", now=unit.now, entry_ids=ids)
        incidents.save(unit, done.loser, done.told_loser)
        incidents.save(unit, done.winner, done.told_winner)
    evaluate(stage, GOVERNMENT)
    with stage.database.reading() as conn:
        (one,) = alerts.of_incident(conn, winner.id)
        assert alerts.of_incident(conn, loser.id) == []
        assert len(incidents.open_ones(conn)) == 1
        assert incidents.home(conn, loser.id) == incidents.standing(conn, loser.id).id == winner.id
    assert one.state is AlertState.FIRING


def test_no_second_incident_is_founded_by_an_alarm_that_was_merged(stage: Scene) -> None:
    evaluate(stage, GOVERNMENT)
    loser = the_incident(stage)
    winner = stage.declare_incident()
    with stage.database.unit("aspen", stage.clock()) as unit:
        ids = [unit.new_id("ent") for _ in range(4)]
        done = relate.merge(winner, loser, why="", actor="aspen", now=unit.now, entry_ids=ids)
        incidents.save(unit, done.loser, done.told_loser)
        incidents.save(unit, done.winner, done.told_winner)
    evaluate(stage, GOVERNMENT, times=5)
    with stage.database.reading() as conn:
        assert {one.id for one in incidents.recent(conn, 9)} == {winner.id, loser.id}


def test_an_incident_opens_with_the_war_room_that_its_pages_name(stage: Scene) -> None:
    telling = Telling(war_room="https://chat.example.org/{system}/{incident}")
    stage.rings = replace(stage.rings, telling=telling)
    evaluate(stage, GOVERNMENT)
    assert the_incident(stage).war_room == "https://chat.example.org/loans/inc-1"
    oncall.deliver(stage.rings, stage.clock())
    (page,) = stage.mail.taken
    assert "\nWar room: https://chat.example.org/loans/inc-1\n" in page.text

from dataclasses import replace

from tests.store.examples import HOUR, NOW, alert, opened
from tocsin.alert.state import AlertState
from tocsin.store import alerts
from tocsin.store.unit import Database


def test_an_alert_stands_until_it_is_resolved(database: Database) -> None:
    pending, other = alert(AlertState.PENDING), replace(alert(), system="other", fingerprint="1")
    with database.unit("alert", NOW) as unit:
        alerts.save(unit, [pending, other])
    with database.reading() as conn:
        assert alerts.firing(conn, "loans") == [pending]
    with database.unit("alert", NOW) as unit:
        alerts.save(unit, [replace(pending, state=AlertState.RESOLVED)])
    with database.reading() as conn:
        assert alerts.firing(conn, "loans") == []


def test_a_second_episode_of_a_monitor_leaves_the_first_alone(database: Database) -> None:
    incident = opened(database)
    first = alert(AlertState.RESOLVED, incident.id)
    second = replace(alert(), started_at=NOW + HOUR, incident=incident.id)
    with database.unit("alert", NOW) as unit:
        alerts.save(unit, [first])
        alerts.save(unit, [second])
    with database.reading() as conn:
        assert alerts.firing(conn, "loans") == [second]
        assert alerts.of_incident(conn, incident.id) == [first, second]
        assert alerts.grouped(conn, incident.id) == [first, second]
        assert alerts.fingerprints(conn, incident.id) == {first.fingerprint}
        assert alerts.fingerprints(conn, "inc_none") == frozenset()


def test_the_alerts_of_several_incidents_come_at_once(database: Database) -> None:
    incident, empty = opened(database), opened(database)
    mine, loose = alert(incident=incident.id), replace(alert(), fingerprint="1")
    with database.unit("alert", NOW) as unit:
        alerts.save(unit, [mine, loose])
    with database.reading() as conn:
        assert alerts.of_incidents(conn, [incident.id, empty.id]) == {
            incident.id: [mine],
            empty.id: [],
        }

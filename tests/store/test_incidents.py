import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.oncall.roster import POLICY as BY_TURNS
from tests.store.examples import HOUR, NOW, POLICY, entry, opened
from tocsin.base.errors import NotFound
from tocsin.incident import lifecycle
from tocsin.incident.incident import Severity, State
from tocsin.store import incidents, tables
from tocsin.store.codec import encode
from tocsin.store.unit import Database


def test_an_incident_comes_back_by_id_number_and_name(database: Database) -> None:
    incident = opened(database)
    with database.reading() as conn:
        for key in (incident.id, 1, "1", "INC-1", "inc-1"):
            assert incidents.get(conn, key) == incident
        assert incidents.policy(conn, incident.id) == POLICY
        assert incidents.fault_from(conn, incident.id) == NOW - HOUR


@pytest.mark.parametrize("key", ["inc_nothing", 7, "INC-7", "INC-", "", "9" * 40, "INC-²"])
def test_what_names_no_incident_is_not_found(database: Database, key: str | int) -> None:
    opened(database)
    with database.reading() as conn, pytest.raises(NotFound, match="no incident"):
        incidents.get(conn, key)
    with database.reading() as conn, pytest.raises(NotFound, match="no incident"):
        incidents.policy(conn, str(key))


def test_a_saved_incident_replaces_the_old_and_the_timeline_grows(database: Database) -> None:
    incident = opened(database)
    with database.unit("ana", NOW + HOUR) as unit:
        seen = incidents.get(unit.conn, incident.id)
        taken = replace(seen, state=State.ACKNOWLEDGED, acknowledged_by="ana")
        incidents.save(unit, taken, [entry(unit, incident.id, "on it")])
    with database.reading() as conn:
        assert incidents.get(conn, 1) == taken
        assert [one.text for one in incidents.timeline(conn, incident.id)] == ["opened", "on it"]
        assert incidents.timeline(conn, incident.id)[0].facts == {"ends": "now"}


def test_the_timeline_is_in_the_order_in_which_things_happened(database: Database) -> None:
    incident = opened(database)
    with database.unit("ana", NOW) as unit:
        late = replace(entry(unit, incident.id, "before"), at=NOW - HOUR)
        incidents.save(unit, incident, [late])
    with database.reading() as conn:
        assert [one.text for one in incidents.timeline(conn, incident.id)] == ["before", "opened"]


def test_an_incident_that_was_never_added_cannot_be_saved(database: Database) -> None:
    incident = replace(opened(database), id="inc_other")
    with pytest.raises(NotFound, match="add it first"), database.unit("ana", NOW) as unit:
        incidents.save(unit, incident)


def test_open_ones_are_listed_gravest_first_and_recent_ones_newest_first(
    database: Database,
) -> None:
    second = opened(database, severity=Severity.SEV2)
    first = opened(database)
    done = opened(database)
    with database.unit("ana", NOW) as unit:
        incidents.save(unit, replace(done, state=State.RESOLVED, resolved_at=NOW))
    with database.reading() as conn:
        assert [one.id for one in incidents.open_ones(conn)] == [first.id, second.id]
        assert [one.number for one in incidents.open_ones(conn, "loans")] == [2, 1]
        assert incidents.open_ones(conn, "other") == []
        assert [one.number for one in incidents.recent(conn, 2)] == [3, 2]


def test_incidents_opened_at_once_get_numbers_of_their_own(database: Database) -> None:
    threads = [threading.Thread(target=opened, args=(database,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as conn:
        assert sorted(one.number for one in incidents.recent(conn, 99)) == list(range(1, 9))


def test_two_people_who_change_one_incident_at_once_both_count(database: Database) -> None:
    incident = opened(database)

    def note() -> None:
        for _ in range(5):
            with database.unit("ana", NOW) as unit:
                seen = incidents.get(unit.conn, incident.id)
                title = seen.title + "!"
                incidents.save(unit, replace(seen, title=title), [entry(unit, incident.id)])

    threads = [threading.Thread(target=note) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as conn:
        assert incidents.get(conn, incident.id).title == incident.title + "!" * 20


def test_an_altered_timeline_is_told_by_the_audit_log(database: Database) -> None:
    incident = opened(database)
    table = tables.timeline_entry
    with database.unit("ana", NOW) as unit:
        incidents.save(unit, incident, [entry(unit, incident.id, text) for text in "ab"])
        ids = [one.id for one in incidents.timeline(unit.conn, incident.id)]
    with database.reading() as conn:
        assert incidents.altered(conn) == []
    with database.unit("intruder", NOW) as unit:
        body = unit.conn.execute(sa.select(table.c.body).where(table.c.id == ids[0])).scalar_one()
        forged = {**body, "text": "all was well"}
        unit.conn.execute(sa.update(table).where(table.c.id == ids[0]).values(body=forged))
        unit.conn.execute(sa.delete(table).where(table.c.id == ids[1]))
        row = {"id": "ent_x", "incident": incident.id, "at": NOW, "kind": "note", "body": body}
        unit.conn.execute(sa.insert(table).values(row))
    with database.reading() as conn:
        assert sorted(incidents.altered(conn)) == sorted(
            [
                f"timeline entry {ids[0]}: edited",
                f"timeline entry {ids[1]}: removed",
                "timeline entry ent_x: added without a trace in the audit log",
            ]
        )


def test_a_merged_incident_leads_to_the_one_that_goes_on_in_the_end(database: Database) -> None:
    first, second, third = opened(database), opened(database), opened(database)
    for loser, winner in ((first, second), (second, third)):
        with database.unit("aspen", NOW) as unit:
            incidents.save(unit, replace(incidents.get(unit.conn, loser.id), merged_into=winner.id))
    with database.reading() as conn:
        for one in (first, second, third):
            assert incidents.home(conn, one.id) == third.id
            assert incidents.standing(conn, one.number).id == third.id


def test_only_untaken_incidents_of_policies_with_schedules_are_asked_anew(
    database: Database,
) -> None:
    plain, turns = opened(database), opened(database)
    with database.unit("test", NOW) as unit:
        where = tables.incident.c.id == turns.id
        unit.conn.execute(sa.update(tables.incident).where(where).values(policy=encode(BY_TURNS)))
        assert incidents.turning(unit.conn) == [turns.id]
        assert plain.id in {one.id for one in incidents.open_ones(unit.conn)}
        held, entries = lifecycle.contain(turns, actor="playbook", now=NOW, entry_id="ent_c")
        incidents.save(unit, held, entries)
        assert incidents.turning(unit.conn) == [turns.id]
        taken, entries = lifecycle.acknowledge(held, actor="a", now=NOW, entry_id="ent_t")
        incidents.save(unit, taken, entries)
        assert incidents.turning(unit.conn) == []


def test_merged_incidents_have_the_home_of_the_last_winner(database: Database) -> None:
    first, second, third, alone = (opened(database) for _ in range(4))
    with database.unit("lead", NOW) as unit:
        for loser, winner in ((first, second), (second, third)):
            incidents.save(unit, replace(incidents.get(unit.conn, loser.id), merged_into=winner.id))
    with database.reading() as conn:
        assert incidents.homes(conn, {first.id, second.id, alone.id}) == {
            first.id: third.id,
            second.id: third.id,
            alone.id: alone.id,
        }
        assert incidents.homes(conn, set()) == {}


def test_what_was_resolved_lately_is_listed_by_system(database: Database) -> None:
    late, early, other, standing = (opened(database) for _ in range(4))
    over = replace(late, state=State.RESOLVED, resolved_at=NOW)
    with database.unit("lead", NOW) as unit:
        incidents.save(unit, over)
        incidents.save(unit, replace(early, state=State.RESOLVED, resolved_at=NOW - 2 * HOUR))
        incidents.save(unit, replace(other, state=State.RESOLVED, resolved_at=NOW, system="other"))
    with database.reading() as conn:
        assert incidents.resolved_since(conn, "loans", NOW - HOUR) == [over]
        assert standing.id not in {one.id for one in incidents.resolved_since(conn, "loans", NOW)}

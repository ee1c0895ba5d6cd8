import pytest
import sqlalchemy as sa

from tests.store.examples import HOUR, NOW, SPEC, SYSTEM, opened
from tocsin.base.errors import NotFound
from tocsin.diagnose.ledger import LedgerRow
from tocsin.store import diagnoses, erasures, orphans, systems, tables
from tocsin.store.unit import Database

NAME = SYSTEM.name


def test_an_erasure_waits_until_it_is_done_and_then_forgets_whom_it_named(
    database: Database,
) -> None:
    with database.unit("officer", NOW) as unit:
        asked = erasures.ask(unit, NAME, ["person-2", "person-1", "person-1"])
    assert (asked.number, list(asked.ids), asked.done_at) == (2, ["person-1", "person-2"], None)
    with database.reading() as conn:
        assert erasures.of_system(conn, NAME, due=True) == [asked]
        assert erasures.of_system(conn, "other") == []
    with database.unit("erase", NOW + HOUR) as unit:
        erasures.count(unit, asked, {"predictions": 2, "outcomes": 1})
    with database.unit("erase", NOW + HOUR) as unit:
        erasures.finish(unit, erasures.get(unit.conn, NAME, asked.id))
    with database.reading() as conn:
        done = erasures.get(conn, NAME, asked.id)
        assert erasures.of_system(conn, NAME, due=True) == []
        query = sa.select(tables.audit).where(tables.audit.c.subject == asked.id)
        said = conn.execute(query.order_by(tables.audit.c.seq)).all()
    assert (done.ids, done.number, done.done_at) == ([], 2, NOW + HOUR)
    assert done.rows == {"predictions": 2, "outcomes": 1}
    assert [row.action for row in said] == ["erasure.asked", "erasure.done"]
    assert "person-1" not in str(said)


def test_an_unknown_erasure_is_not_found(database: Database) -> None:
    with database.reading() as conn, pytest.raises(NotFound, match="has no erasure 'ers_x'"):
        erasures.get(conn, NAME, "ers_x")


def test_ledgers_keep_the_count_and_lose_the_person(database: Database) -> None:
    incident = opened(database)
    rows = [
        LedgerRow(
            prediction_id=f"p{k}",
            at=NOW + k * HOUR,
            version="v1",
            score=0.3,
            prediction="false",
            attributes={"sex": "f"},
            remedy="a letter was sent",
        )
        for k in range(3)
    ]
    with database.unit("diagnose", NOW) as unit:
        systems.save(unit, SYSTEM, SPEC, [], 0, "0" * 64)
        diagnoses.save_ledger(unit, incident.id, rows)
        waiting = {"id": "p0", "at": NOW, "received_at": NOW, "label": "true"}
        orphans.save(unit, SPEC, [waiting], [])
        asked = erasures.ask(unit, incident.system, ["p0", "p2"])
    with database.unit("erase", NOW) as unit:
        erasures.finish(unit, asked)
    with database.reading() as conn:
        left = diagnoses.ledger(conn, incident.id, 10, 0)
        assert orphans.waiting(conn, SPEC) == []
    assert len(left) == 3
    assert left[1] == rows[1]
    for blank in (left[0], left[2]):
        assert blank.prediction_id.startswith(f"erased {asked.id}/")
        assert (blank.score, blank.prediction, blank.attributes) == (None, None, {})
        assert blank.version == "v1"

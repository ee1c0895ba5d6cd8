"""Silences are found while they stand, and their making and ending are audited."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.store.examples import HOUR, NOW
from tocsin.alert.matching import parse_all
from tocsin.alert.silence import Kind, Silence, expire
from tocsin.base.errors import NotFound
from tocsin.store import silences, tables
from tocsin.store.unit import Database

ONE = Silence(
    id="sil_1",
    kind=Kind.SILENCE,
    matchers=parse_all(["system=loans", "region=~north|south"]),
    starts_at=NOW,
    ends_at=NOW + HOUR,
    author="aspen",
    reason="retraining",
)
LATER = replace(ONE, id="sil_2", starts_at=NOW + HOUR, ends_at=NOW + 3 * HOUR)


def test_standing_ones_are_found_until_they_end(database: Database) -> None:
    with database.unit("aspen", NOW) as unit:
        silences.add(unit, LATER)
        silences.add(unit, ONE)
    with database.reading() as conn:
        assert silences.standing(conn, NOW) == [ONE, LATER]
        assert silences.standing(conn, NOW + HOUR) == [LATER]
        assert silences.standing(conn, NOW + 3 * HOUR) == []
        assert silences.recent(conn, 10) == [LATER, ONE]
        assert silences.recent(conn, 1) == [LATER]
        with pytest.raises(NotFound, match="sil_9"):
            silences.get(conn, "sil_9")


def test_one_that_was_ended_early_stands_no_longer_and_both_are_audited(
    database: Database,
) -> None:
    with database.unit("aspen", NOW) as unit:
        silences.add(unit, ONE)
    with database.unit("briar", NOW + HOUR / 2) as unit:
        silences.save(unit, expire(silences.get(unit.conn, "sil_1"), "briar", unit.now))
    with database.reading() as conn:
        assert silences.standing(conn, NOW + HOUR / 2) == []
        assert silences.get(conn, "sil_1").expired_by == "briar"
        rows = conn.execute(sa.select(tables.audit.c.actor, tables.audit.c.action)).all()
    assert [tuple(row) for row in rows] == [
        ("aspen", "silence.added"),
        ("briar", "silence.expired"),
    ]


def test_maintenance_is_found_while_it_counts_for_the_record(database: Database) -> None:
    window = replace(ONE, id="sil_3", kind=Kind.MAINTENANCE, title="retrain")
    with database.unit("aspen", NOW) as unit:
        silences.add(unit, ONE)
        silences.add(unit, window)
    with database.reading() as conn:
        assert silences.maintenance(conn, NOW) == [window]
        assert silences.maintenance(conn, NOW + HOUR) == []

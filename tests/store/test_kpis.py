import math
from datetime import timedelta

from tests.store.examples import DAY, HOUR, NOW, SPEC, SYSTEM
from tocsin.detect.kpi_findings import LinePoint
from tocsin.detect.series import Row
from tocsin.ingest.kpi import KpiRow
from tocsin.store import epochs, kpis, systems
from tocsin.store.unit import Database

PIECE = KpiRow("ctr", NOW, 3.0, 10.0)


def declare(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, SPEC, [], 0, "0" * 64)


def add(database: Database, *rows: KpiRow) -> int:
    with database.unit("test", NOW) as unit:
        return kpis.add(unit, SPEC, rows)


def kept(database: Database, as_of: epochs.Stamp | None = None) -> list[Row]:
    with database.reading() as conn:
        return kpis.between(conn, "loans", "ctr", DAY, as_of)


def test_a_piece_is_kept_once_however_often_it_is_sent(database: Database) -> None:
    declare(database)
    again = KpiRow("ctr", NOW, 4.0, 10.0)
    other = KpiRow("ctr", NOW, 1.0, 5.0, source="app")
    assert add(database, PIECE, other) == 2
    assert add(database, PIECE, again) == 0
    assert sorted(kept(database)) == [
        Row(NOW.timestamp(), 1.0, 5.0),
        Row(NOW.timestamp(), 3.0, 10.0),
    ]


def test_only_the_span_and_the_kpi_asked_for_are_read(database: Database) -> None:
    declare(database)
    add(database, PIECE, KpiRow("sales", NOW, 9.0, 1.0), KpiRow("ctr", DAY.end, 1.0, 1.0))
    assert kept(database) == [Row(NOW.timestamp(), 3.0, 10.0)]


def test_what_was_known_at_an_epoch_stays_as_it_was(database: Database) -> None:
    declare(database)
    add(database, PIECE)
    with database.unit("test", NOW) as unit:
        stamp = epochs.close(unit, SPEC)
    add(database, KpiRow("ctr", NOW - HOUR, 5.0, 10.0))
    assert len(kept(database)) == 2
    assert kept(database, stamp) == [Row(NOW.timestamp(), 3.0, 10.0)]
    assert len(kept(database, epochs.Stamp("another spec", 0))) == 2


def test_old_pieces_are_forgotten(database: Database) -> None:
    declare(database)
    add(database, PIECE, KpiRow("ctr", NOW - 2 * HOUR, 5.0, 10.0))
    with database.unit("test", NOW) as unit:
        kpis.forget(unit, "loans", NOW - HOUR)
    assert kept(database) == [Row(NOW.timestamp(), 3.0, 10.0)]


def test_lines_are_kept_for_the_kpis_that_there_are(database: Database) -> None:
    point = LinePoint(NOW, 0.3, 0.4, math.nan, 0.5, 10.0)
    with database.unit("test", NOW) as unit:
        kpis.keep_lines(unit, "loans", {"ctr": [point], "sales": []})
    with database.reading() as conn:
        found = kpis.lines(conn, "loans")
    assert found["sales"] == ()
    assert found["ctr"][0].at == NOW
    assert math.isnan(found["ctr"][0].low)
    with database.unit("test", NOW + timedelta(hours=1)) as unit:
        kpis.keep_lines(unit, "loans", {})
    with database.reading() as conn:
        assert kpis.lines(conn, "loans") == {}

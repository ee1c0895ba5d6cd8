import sqlite3

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from tests.store.examples import NOW, call
from tocsin.base.errors import BadInput, Conflict, NotFound, TocsinError, Unavailable
from tocsin.store import pages, tables
from tocsin.store.failures import in_our_words
from tocsin.store.unit import Database

URL = sa.make_url("postgresql+psycopg://user:s3cret@127.0.0.1/tocsin")


def _lease(duty: str) -> sa.Insert:
    return sa.insert(tables.lease).values(duty=duty, owner="o", until=NOW)


def _write(database: Database, *duties: str) -> None:
    with database.unit("test", NOW) as unit:
        for duty in duties:
            unit.conn.execute(_lease(duty))


def test_the_same_row_twice_is_a_conflict(database: Database) -> None:
    _write(database, "d")
    with pytest.raises(Conflict, match="just written by somebody else"):
        _write(database, "d")


def test_a_page_for_no_incident_is_not_found(database: Database) -> None:
    with (
        pytest.raises(NotFound, match="refers to something that is not there"),
        database.unit("test", NOW) as unit,
    ):
        pages.add(unit, "inc_nothing", [call()])


def test_text_that_is_not_unicode_is_bad_input(database: Database) -> None:
    with pytest.raises(BadInput):
        _write(database, "half a \ud800 sign")


def test_a_full_disk_is_unavailable_and_nothing_was_changed(sqlite: Database) -> None:
    with sqlite.unit("test", NOW, quiet=True) as unit:
        unit.conn.exec_driver_sql(
            "PRAGMA max_page_count = 1"
        )  # of this, the pool's only connection
    with pytest.raises(Unavailable, match="the disk is full"):
        _write(sqlite, *(f"{k:01000}" for k in range(1000)))
    with sqlite.reading() as conn:
        left = conn.execute(sa.select(sa.func.count()).select_from(tables.lease)).scalar_one()
    assert (left, sqlite.changes()) == (0, 0)


def test_a_read_only_database_is_unavailable(database: Database) -> None:
    with (
        pytest.raises(Unavailable, match=r"read-only|cannot be written"),
        database.reading() as conn,
    ):
        conn.execute(_lease("d"))


@pytest.mark.parametrize(
    ("raised", "becomes"),
    [
        (psycopg.errors.UniqueViolation(), Conflict),
        (psycopg.errors.ForeignKeyViolation(), NotFound),
        (psycopg.errors.DeadlockDetected(), Unavailable),
        (psycopg.errors.SerializationFailure(), Unavailable),
        (psycopg.errors.DiskFull(), Unavailable),
        (psycopg.errors.ReadOnlySqlTransaction(), Unavailable),
        (psycopg.OperationalError("password s3cret refused"), Unavailable),
        (psycopg.DataError(), BadInput),
    ],
)
def test_postgresql_errors_are_told_without_the_password(
    raised: Exception, becomes: type[TocsinError]
) -> None:
    with pytest.raises(becomes) as told, in_our_words(URL):
        raise raised
    assert "s3cret" not in str(told.value)
    assert (becomes is Unavailable) is ("127.0.0.1" in str(told.value))
    assert told.value.__suppress_context__


def test_an_empty_pool_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="every connection is in use"), in_our_words(URL):
        raise exc.TimeoutError


def test_a_fault_of_ours_passes_unchanged(sqlite: Database) -> None:
    with pytest.raises(exc.OperationalError, match="no such table"), sqlite.reading() as conn:
        conn.execute(sa.text("SELECT * FROM nowhere"))
    with pytest.raises(sqlite3.ProgrammingError), in_our_words(URL):
        raise sqlite3.ProgrammingError

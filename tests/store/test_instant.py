from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from tests.store.examples import NOW
from tocsin.store import tables
from tocsin.store.unit import Database


def test_an_instant_comes_back_aware_in_utc_with_its_microseconds(database: Database) -> None:
    at = datetime(2026, 11, 20, 15, 5, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    with database.unit("test", NOW) as unit:
        row = {"duty": "d", "owner": "o", "until": at}
        unit.conn.execute(sa.insert(tables.lease).values(row))
    with database.reading() as conn:
        until = conn.execute(sa.select(tables.lease.c.until)).scalar_one()
    assert until.isoformat() == "2026-11-20T14:05:00.123456+00:00"


def test_instants_sort_as_time_does(database: Database) -> None:
    ats = [NOW + timedelta(microseconds=k) for k in (0, 1, 999_999, 1_000_000)]
    with database.unit("test", NOW) as unit:
        for k, at in enumerate(reversed(ats)):
            row = {"duty": str(k), "owner": "o", "until": at}
            unit.conn.execute(sa.insert(tables.lease).values(row))
    query = sa.select(tables.lease.c.until).order_by(tables.lease.c.until)
    with database.reading() as conn:
        assert list(conn.execute(query).scalars()) == ats


def test_a_naive_instant_is_refused(database: Database) -> None:
    row = {"duty": "d", "owner": "o", "until": NOW.replace(tzinfo=None)}
    with (
        pytest.raises(exc.StatementError, match="no time zone"),
        database.unit("test", NOW) as unit,
    ):
        unit.conn.execute(sa.insert(tables.lease).values(row))

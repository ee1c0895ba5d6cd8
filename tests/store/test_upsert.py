import sqlalchemy as sa

from tests.store.examples import HOUR, NOW
from tocsin.store import tables
from tocsin.store.unit import Database
from tocsin.store.upsert import insert_or_ignore, upsert


def _owners(database: Database) -> dict[str, str]:
    table = tables.lease
    with database.reading() as conn:
        found = conn.execute(sa.select(table.c.duty, table.c.owner))
        return {row.duty: row.owner for row in found}


def _row(duty: str, owner: str) -> dict[str, object]:
    return {"duty": duty, "owner": owner, "until": NOW + HOUR}


def test_upsert_inserts_what_is_new_and_replaces_what_stands(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        upsert(unit.conn, tables.lease, [_row("a", "first")])
        upsert(unit.conn, tables.lease, [_row("a", "second"), _row("b", "second")])
        upsert(unit.conn, tables.lease, [])
    assert _owners(database) == {"a": "second", "b": "second"}


def test_insert_or_ignore_leaves_what_stands(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        insert_or_ignore(unit.conn, tables.lease, [_row("a", "first")])
        insert_or_ignore(unit.conn, tables.lease, [_row("a", "second"), _row("b", "second")])
        insert_or_ignore(unit.conn, tables.lease, [])
    assert _owners(database) == {"a": "first", "b": "second"}

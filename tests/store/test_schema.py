import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.fresh import empty
from tests.profile.made import made
from tests.store.examples import HOUR, NOW, SPEC, WOMEN, counts
from tocsin.base.errors import Conflict
from tocsin.base.slices import EVERYONE
from tocsin.base.spans import Span
from tocsin.profile.cell import CellKey
from tocsin.profile.codec import pack, spec_to_json
from tocsin.store import access, orphans, profiles, schema, systems, tables
from tocsin.store.migrations.versions import v0001_first
from tocsin.store.unit import Database

START = NOW.replace(minute=0)


def test_the_migrated_schema_is_the_one_the_queries_are_written_for(database: Database) -> None:
    with database.reading() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        unit.audit("done", "it")
    database.migrate()
    assert database.changes() == 1


def test_several_processes_may_migrate_at_once(url: str) -> None:
    databases = [empty(url, busy_s=120), *(Database(url, busy_s=120) for _ in range(3))]
    threads = [threading.Thread(target=one.migrate) for one in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with databases[0].reading() as conn:
        applied = conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    for one in databases:
        one.close()
    assert applied == [schema.newest()]


def test_threads_may_migrate_several_databases_at_once(tmp_path: Path) -> None:
    databases = [Database(f"sqlite:///{tmp_path}/{k}.db") for k in range(6)]
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(one.migrate) for one in databases]:
            done.result()
    for one in databases:
        assert one.changes() == 0
        one.close()


def test_a_database_of_a_newer_release_is_left_alone(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        unit.conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match="newer release"):
        database.migrate()


def test_counts_and_orphans_of_the_first_release_are_kept(url: str) -> None:
    one = empty(url)
    config = schema.config()
    with one.unit("test", NOW) as unit:  # a unit is a plain transaction; the tables come within
        config.attributes["connection"] = unit.conn
        command.upgrade(config, "0001")
        _fill_first_release(unit.conn)
        command.upgrade(config, "0002")
    with one.reading() as conn:
        assert profiles.watermark(conn, "loans", "predictions") == 7
        (row,) = profiles.cells(conn, SPEC, Span(START, START + HOUR)).items()
        assert row[0] == CellKey("v1", "", START)
        assert np.array_equal(row[1], counts(3))
        assert [o["id"] for o in orphans.waiting(conn, SPEC)] == ["p1"]
        assert profiles.first_and_last(conn, "loans") == Span(START, START + HOUR)
        marks = conn.execute(sa.select(tables.watermark.c.spec_hash)).scalars().all()
        assert marks == [SPEC.hash]
    one.close()


def test_a_database_of_the_release_before_gets_empty_tallies_and_counts_on(url: str) -> None:
    one = empty(url)
    config = schema.config()
    with one.unit("test", NOW) as unit:
        config.attributes["connection"] = unit.conn
        command.upgrade(config, "0004")
        facts = {"reference_rows": 0, "reference_sha256": "", "saved_at": NOW, "saved_by": "test"}
        unit.conn.execute(
            sa.insert(tables.system).values(
                name="loans", body={}, spec_hash=SPEC.hash, spec=spec_to_json(SPEC), **facts
            )
        )
    one.migrate()
    ever = Span(START, START + HOUR)
    with one.reading() as conn:
        assert profiles.tallies(conn, SPEC, ever) == {}
        assert systems.combination(conn, "loans", SPEC, EVERYONE) == ()
    with one.unit("test", NOW) as unit:
        delta = made({CellKey("v1", "sex=f", START): counts(3)}, SPEC)
        profiles.advance(unit, SPEC, moves={}, delta=delta)
    with one.reading() as conn:
        (found,) = profiles.combination(conn, SPEC, ever, WOMEN).values()
        assert np.array_equal(found, counts(3)[: len(found)])
    one.close()


def test_whoever_could_resolve_before_there_was_a_scope_for_it_still_can(url: str) -> None:
    one = empty(url)
    config = schema.config()
    with one.unit("test", NOW) as unit:
        config.attributes["connection"] = unit.conn
        command.upgrade(config, "0009")
    with one.unit("test", NOW, quiet=True) as unit:
        _, worker = access.make_token(unit, "worker", {"read", "respond"}, None)
        _, reader = access.make_token(unit, "reader", {"read"}, None)
        _, browser = access.open_session(unit, "aspen", {"respond"}, HOUR)
        link = access.make_link(unit, "briar", {"respond", "approve"}, HOUR)
    one.migrate()
    with one.unit("test", NOW, quiet=True) as unit:
        found = (access.token(unit.conn, secret, NOW) for secret in (worker, reader))
        assert [sorted(each.scopes) for each in found if each] == [
            ["command", "read", "respond"],
            ["read"],
        ]
        session = access.session(unit.conn, browser, NOW)
        assert session is not None
        assert session.scopes == {"respond", "command"}
        assert access.use_link(unit, link, HOUR)[0].scopes == {"respond", "command", "approve"}
    one.close()


def _fill_first_release(conn: sa.Connection) -> None:
    old = v0001_first.metadata.tables
    facts: dict[str, object] = {"name": "loans", "body": {}, "spec_hash": SPEC.hash}
    facts["spec"] = spec_to_json(SPEC)
    saved = {"reference_rows": 0, "reference_sha256": "", "saved_at": NOW, "saved_by": "test"}
    conn.execute(sa.insert(old["system"]).values(**facts, **saved))
    for spec_hash in (SPEC.hash, "replaced"):
        of = {"system": "loans", "spec_hash": spec_hash}
        cell = {"bucket": START, "slice": "", "version": "v1", "body": pack(counts(3))}
        conn.execute(sa.insert(old["profile"]).values(**of, **cell))
        mark = {"lake_table": "predictions", "version": 7}
        conn.execute(sa.insert(old["watermark"]).values(**of, **mark))
    orphan = {"id": "p1", "at": NOW, "received_at": NOW, "label": "true"}
    conn.execute(sa.insert(old["orphan_outcome"]).values(system="loans", **orphan))


def test_a_folder_with_a_percent_sign_is_no_trouble(tmp_path: Path) -> None:
    one = Database(f"sqlite:///{tmp_path}/100%/tocsin.db")
    one.migrate()
    assert one.changes() == 0
    one.close()

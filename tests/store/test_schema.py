import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.store.examples import NOW
from tocsin.base.errors import Conflict
from tocsin.store import schema, tables
from tocsin.store.unit import Database


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
    databases = [Database(url) for _ in range(4)]
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


def test_a_database_of_a_newer_release_is_left_alone(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        unit.conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match="newer release"):
        database.migrate()


def test_a_folder_with_a_percent_sign_is_no_trouble(tmp_path: Path) -> None:
    one = Database(f"sqlite:///{tmp_path}/100%/tocsin.db")
    one.migrate()
    assert one.changes() == 0
    one.close()

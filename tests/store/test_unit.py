import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from tests.store.examples import NOW, opened
from tocsin.base.errors import BadInput, Unavailable
from tocsin.store import audit, incidents, leases, pages, tables
from tocsin.store.unit import Database, Unit, in_unit

WRITER = """
import sys
from tests.store.examples import NOW
from tocsin.store.unit import Database

database, name, times = Database(sys.argv[1], busy_s=120), sys.argv[2], int(sys.argv[3])
for k in range(times):
    with database.unit(name, NOW) as unit:
        unit.audit("counted", str(k))
"""
DYING = """
import os, signal, sys
from tests.store.examples import MINUTE, NOW, call, entry
from tocsin.store import incidents, pages
from tocsin.store.unit import Database

with Database(sys.argv[1]).unit("dying", NOW) as unit:
    incident = incidents.open_ones(unit.conn)[0]
    incidents.save(unit, incident, [entry(unit, incident.id, "half")])
    pages.add(unit, incident.id, [call()])
    assert pages.claim(unit, "dying", MINUTE, 9)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _run(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments])


def test_a_unit_that_raises_changes_nothing_and_wakes_nobody(database: Database) -> None:
    opened(database)
    before = database.changes()

    def fail() -> None:
        with database.unit("test", NOW) as unit:
            unit.conn.execute(sa.delete(tables.timeline_entry))
            unit.audit("deleted", "everything")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as conn:
        incident = incidents.open_ones(conn)[0]
        assert len(incidents.timeline(conn, incident.id)) == 1
        assert [row.act.action for row in audit.recent(conn, 9)] == [
            "timeline.appended",
            "incident.added",
        ]
    assert database.changes() == before
    assert database.wait(before, 0) == before


def test_a_process_killed_within_a_unit_leaves_nothing_half_written(
    database: Database, url: str
) -> None:
    incident = opened(database)
    assert _run(DYING, url).wait() == -signal.SIGKILL
    with database.reading() as conn:
        assert len(incidents.timeline(conn, incident.id)) == 1
        assert pages.of_incident(conn, incident.id) == []
        assert audit.verify(conn) == []
        assert incidents.altered(conn) == []
    with database.unit("test", NOW) as unit:  # the dead writer's lock is gone with it
        assert leases.hold(unit, "duty", "test", NOW - NOW)


def test_processes_and_threads_that_write_at_once_keep_one_chain(
    database: Database, url: str
) -> None:
    processes = [_run(WRITER, url, f"process {k}", "20") for k in range(2)]

    def write(name: str) -> None:
        for k in range(20):
            with database.unit(name, NOW) as unit:
                unit.audit("counted", str(k))

    threads = [threading.Thread(target=write, args=(f"thread {k}",)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in processes] == [0, 0]
    with database.reading() as conn:
        assert audit.verify(conn) == []
        assert len(audit.recent(conn, 999)) == 80
    assert database.changes() == 80


def test_what_a_unit_has_read_still_holds_when_it_writes(database: Database, url: str) -> None:
    incident = opened(database)
    databases = [Database(url) for _ in range(3)]  # as three processes would be

    def note(mine: Database) -> None:
        for _ in range(5):
            with mine.unit("ana", NOW) as unit:
                seen = incidents.get(unit.conn, incident.id)
                incidents.save(unit, replace(seen, title=seen.title + "!"))

    threads = [threading.Thread(target=note, args=(one,)) for one in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as conn:
        assert incidents.get(conn, incident.id).title == incident.title + "!" * 15
    for one in databases:
        one.close()


def test_reading_sees_one_picture_while_others_write(database: Database) -> None:
    opened(database)
    with database.reading() as conn:
        assert len(incidents.open_ones(conn)) == 1
        opened(database)
        assert len(incidents.open_ones(conn)) == 1
    with database.reading() as conn:
        assert len(incidents.open_ones(conn)) == 2


def test_only_a_units_connection_locks_what_it_decides_on(database: Database) -> None:
    with database.reading() as conn:
        assert not in_unit(conn)
    with database.unit("test", NOW) as unit:
        assert in_unit(unit.conn)


def test_ids_and_secrets_come_from_the_entropy_handed_in(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/t.db", entropy=lambda bits: (1 << bits) - 1)
    database.migrate()
    with database.unit("test", NOW) as unit:
        assert unit.new_id("inc") == "inc_01m7wmcpq0zzzzzzzz"
        assert unit.new_secret() == "_" * 42 + "8"
    database.close()


def test_a_part_that_raises_is_undone_alone_with_what_it_audited(database: Database) -> None:
    opened(database)

    def fail(unit: Unit) -> None:
        with unit.part():
            unit.conn.execute(sa.delete(tables.timeline_entry))
            unit.audit("deleted", "everything")
            raise ZeroDivisionError

    with database.unit("test", NOW) as unit:
        unit.audit("before", "it")
        with pytest.raises(ZeroDivisionError):
            fail(unit)
        with unit.part():
            unit.audit("after", "it")
    with database.reading() as conn:
        (incident,) = incidents.open_ones(conn)
        assert len(incidents.timeline(conn, incident.id)) == 1
        assert [row.act.action for row in audit.recent(conn, 2)] == ["after", "before"]
        assert audit.verify(conn) == []


def test_a_unit_that_finds_out_late_that_nothing_changed_wakes_nobody(database: Database) -> None:
    before = database.changes()
    with database.unit("test", NOW) as unit:
        unit.quiet = True
    assert database.changes() == before


def test_a_unit_within_a_unit_is_refused_at_once(database: Database) -> None:
    with (
        database.unit("test", NOW),
        pytest.raises(RuntimeError, match="already open in this thread"),
        database.unit("test", NOW),
    ):
        pass
    with database.unit("test", NOW):
        pass


def test_a_commit_wakes_who_waits_and_a_quiet_one_does_not(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.store.unit._LOOK_S", 3600)  # only the commit itself can wake
    before = database.changes()
    heard: list[int] = []
    thread = threading.Thread(target=lambda: heard.append(database.wait(before, 300)))
    thread.start()
    with database.unit("test", NOW, quiet=True) as unit:
        leases.hold(unit, "duty", "test", NOW - NOW)
    assert database.wait(before, 0.01) == before
    with database.unit("test", NOW) as unit:
        unit.audit("woke", "them")
    thread.join()
    assert heard == [before + 1]


def test_a_commit_of_another_process_wakes_who_waits(database: Database, url: str) -> None:
    before = database.changes()
    other = _run(WRITER, url, "other", "1")
    assert database.wait(before, 300) == before + 1
    assert other.wait() == 0


def test_waiting_ends_when_its_time_is_over(database: Database) -> None:
    assert database.wait(database.changes(), 0.3) == 0


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        database = Database(f"sqlite:///{tmp_path}/inner/t.db")
        database.migrate()
        files = list((tmp_path / "inner").iterdir())
    finally:
        os.umask(mask)
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
    assert oct((tmp_path / "inner").stat().st_mode & 0o777) == "0o700"
    database.close()


def test_sqlite_commits_are_on_the_disk_when_they_return(sqlite: Database) -> None:
    with sqlite.reading() as conn:
        pragmas = ("journal_mode", "synchronous", "foreign_keys")
        said = [conn.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in pragmas]
    assert said == ["wal", 2, 1]


def test_a_writer_waits_for_another_process_only_so_long(sqlite: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path}/tocsin.db", busy_s=0.1)
    with (
        sqlite.unit("first", NOW),
        pytest.raises(Unavailable, match="another process holds it"),
        other.unit("second", NOW),
    ):
        pass
    other.close()


def test_a_writer_waits_for_another_thread_only_so_long(sqlite: Database) -> None:
    told: list[str] = []

    def write() -> None:
        try:
            with sqlite.unit("second", NOW):
                pass
        except Unavailable as error:
            told.append(str(error))

    with sqlite.unit("first", NOW):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(told) == 1
    assert "other writers keep it busy" in told[0]


def test_an_unreachable_server_is_unavailable_and_its_password_unsaid() -> None:
    database = Database("postgresql://app:s3cret@127.0.0.1:1/tocsin", busy_s=1)
    with (
        pytest.raises(Unavailable, match="cannot be reached") as told,
        database.unit("test", NOW),
    ):
        pass
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://u:s3cret@h/d", "s3cret"]
)
def test_an_address_that_cannot_hold_records_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="sqlite:///path") as told:
        Database(url)
    assert "s3cret" not in str(told.value)


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="check the folder"):
        Database(f"sqlite:///{tmp_path}/file/t.db")


def test_a_table_that_is_not_there_is_our_fault_not_the_callers(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/t.db")
    with pytest.raises(exc.OperationalError, match="no such table"):
        database.changes()
    database.close()


def test_many_threads_may_read_at_once(database: Database) -> None:
    opened(database)
    seen = count()

    def read() -> None:
        for _ in range(10):
            with database.reading() as conn:
                incidents.open_ones(conn)
                next(seen)

    threads = [threading.Thread(target=read) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert next(seen) == 240

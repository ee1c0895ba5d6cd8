"""Fresh databases: most tests want one, and a migration takes a tenth of a second; it runs once."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import make_url

from tocsin.store.unit import Database


def fresh(url: str, *, busy_s: float = 10.0) -> Database:
    """Return a database in this release's form; a new SQLite file is a copy of one made before.

    A SQLite file that is there already was made here, and is opened as it is.
    """
    place = make_url(url)
    if place.get_backend_name() != "sqlite" or place.database is None:
        database = Database(url, busy_s=busy_s)
        database.migrate()
        return database
    path = Path(place.database)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_migrated())
    return Database(url, busy_s=busy_s)


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        database = Database(f"sqlite:///{path}")
        database.migrate()
        database.close()  # the last connection takes the journal into the file
        return path.read_bytes()

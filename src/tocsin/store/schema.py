"""Bringing a database to this release's form: Alembic, run from inside the package."""

import threading
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from tocsin.base.errors import Conflict

LOCK = 0x70C51
"""PostgreSQL advisory lock under which tables are made and changed."""

_ALEMBIC = threading.Lock()
"""Alembic keeps what it works on in its module: one thread of a process at a time."""
_FOLDER = Path(__file__).parent / "migrations"


def migrate(conn: sa.Connection) -> None:
    """Run the revisions that `conn`'s database lacks, within the transaction that is open.

    Raises:
        Conflict: the database was written by a newer release.
    """
    steps = config()
    steps.attributes["connection"] = conn
    try:
        with _ALEMBIC:
            command.upgrade(steps, "head")
    except CommandError as error:
        raise Conflict(
            f"the database was written by a newer release of tocsin ({error}); upgrade tocsin"
        ) from None


def newest() -> str:
    """Return the revision that this release writes."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


def config() -> Config:
    """Return Alembic's configuration over the revisions inside the package."""
    found = Config()
    found.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return found

"""Databases for the store's tests: a SQLite file each, and the same on a real PostgreSQL server."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.fresh import fresh
from tocsin.store.unit import Database


@pytest.fixture
def database(url: str) -> Generator[Database]:
    """Yield a migrated database."""
    one = fresh(url)
    yield one
    one.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Generator[Database]:
    """Yield a migrated SQLite database, for what is SQLite's alone."""
    one = fresh(f"sqlite:///{tmp_path}/tocsin.db", busy_s=0.2)
    yield one
    one.close()

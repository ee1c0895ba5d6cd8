"""A stage for each test: the application on a SQLite file of its own, with the cast's tokens."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.web.cast import Stage, Watch, client_of, site_at, site_of, tokens_of
from tocsin.store.unit import Database

Blank = tuple[Path, dict[str, str]]


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Blank:
    """Make the tables, one system and the cast's tokens once; tests copy the file."""
    folder = tmp_path_factory.mktemp("blank")
    site = site_at(folder, Watch())
    tokens = tokens_of(site)
    site.committer.close()
    site.database.close()
    return folder / "tocsin.db", tokens


@contextmanager
def staged(folder: Path, blank: Blank) -> Generator[Stage]:
    """Yield the running application on a copy of the blank database."""
    shutil.copyfile(blank[0], folder / "tocsin.db")
    watch = Watch()
    site = site_of(Database(f"sqlite:///{folder}/tocsin.db"), folder, watch)
    with client_of(site) as client:
        yield Stage(site, watch, client, blank[1])
    site.committer.close()
    site.database.close()


@pytest.fixture
def stage(tmp_path: Path, blank: Blank) -> Generator[Stage]:
    """Yield a running application for this test alone."""
    with staged(tmp_path, blank) as one:
        yield one


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, blank: Blank) -> Generator[Stage]:
    """Yield a running application for tests that only knock and are turned away."""
    with staged(tmp_path_factory.mktemp("shared"), blank) as one:
        yield one

"""A stage for each test: the application on a fresh SQLite file, with the cast's tokens."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.web.cast import Stage, Watch, client_of, site_at, tokens_of


@pytest.fixture
def stage(tmp_path: Path) -> Generator[Stage]:
    """Yield the running application."""
    watch = Watch()
    site = site_at(tmp_path, watch)
    with client_of(site) as client:
        yield Stage(site, watch, client, tokens_of(site))
    site.committer.close()
    site.database.close()

"""An ordinary bad day, simulated once, for every test that only looks."""

from collections.abc import Generator

import pytest

from tests.web import world
from tests.web.cast import Stage, Watch, client_of, site_at, tokens_of


@pytest.fixture(scope="session")
def bad_day(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    """Yield an application with two incidents, signed in as oncall, who may do everything."""
    watch = Watch()
    site = site_at(tmp_path_factory.mktemp("bad_day"), watch)
    world.ordinary(site)
    with client_of(site) as client:
        stage = Stage(site, watch, client, tokens_of(site))
        stage.sign_in("oncall")
        yield stage
    site.committer.close()
    site.database.close()

"""What every test of the gateway may ask for."""

from collections.abc import Iterator

import pytest

from tests.gateway.stage import Stage, stage_of


@pytest.fixture
def stage() -> Iterator[Stage]:
    with stage_of() as made:
        yield made

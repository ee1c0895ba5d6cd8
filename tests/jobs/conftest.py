"""Fixtures for duties."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.jobs.scene import Scene, scene


@pytest.fixture
def stage(tmp_path: Path) -> Generator[Scene]:
    yield from scene(tmp_path)

"""A terminal for each test, and files to check in it."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.served import Terminal
from tests.detect.compared import faulty
from tests.profile.rows import table


@pytest.fixture
def terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """Return a terminal without tokens in its environment."""
    for name in ("TOCSIN_TOKEN", "TOCSIN_URL", "TOCSIN_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    return Terminal(capsys, tmp_path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a reference, a healthy file and one with a fault in one slice."""
    here = tmp_path_factory.mktemp("check")
    pq.write_table(table(8000, 50), here / "reference.parquet")
    pq.write_table(table(2000, 51), here / "healthy.parquet")
    pq.write_table(faulty(table(2000, 52)), here / "faulty.parquet")
    return here

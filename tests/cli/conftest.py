"""A terminal for each test."""

from pathlib import Path

import pytest

from tests.cli.served import Terminal


@pytest.fixture
def terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """Return a terminal without tokens in its environment."""
    for name in ("TOCSIN_TOKEN", "TOCSIN_URL", "TOCSIN_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    return Terminal(capsys, tmp_path)

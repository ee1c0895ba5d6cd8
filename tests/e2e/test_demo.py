"""The promise of the README: one real incident, end to end, from the installed command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.ports import free_port

pytestmark = pytest.mark.real


def test_the_headless_demo_meets_every_expectation(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tocsin.app", "demo", "--headless"]
    command += ["--port", str(free_port(1)), "--keep", str(tmp_path)]
    played = subprocess.run(command, check=False, capture_output=True, text=True, timeout=400)
    assert played.returncode == 0, played.stdout + played.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert all(met for met, _ in result.values()), result
    assert "feature pipeline 311" in (tmp_path / "review.md").read_text()

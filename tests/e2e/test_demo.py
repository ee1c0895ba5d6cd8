"""The promise of the README: one real incident, end to end, from the installed command."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real


def free_port() -> int:
    """Return a port whose successor is free too: the scoring service takes that one."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            try:
                two.bind(("127.0.0.1", one.getsockname()[1] + 1))
            except OSError:
                continue
            return one.getsockname()[1]


def test_the_headless_demo_meets_every_expectation(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tocsin.app", "demo", "--headless"]
    command += ["--port", str(free_port()), "--keep", str(tmp_path)]
    played = subprocess.run(command, check=False, capture_output=True, text=True, timeout=400)
    assert played.returncode == 0, played.stdout + played.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert all(met for met, _ in result.values()), result
    assert "feature pipeline 311" in (tmp_path / "review.md").read_text()

"""Where a run exists for what others leave out, leaving it out fails the run."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("pytest.skip('no server')", 1),
        ("pytest.xfail('known')", 0),
        ("assert True", 0),
    ],
)
def test_a_skipped_test_has_failed(body: str, code: int, tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(f"import pytest\n\ndef test_it():\n    {body}\n")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.unskipped", str(file)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == code, run.stdout
    assert ("was skipped: no server" in run.stdout) == bool(code)

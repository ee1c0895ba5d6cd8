"""The tree itself keeps its promises."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "tocsin"
FUNCTION = re.compile(r"^(async )?def ", re.MULTILINE)
HEAVY = {"httpx", "sqlalchemy", "deltalake", "starlette", "fastapi", "sklearn", "uvicorn"}
ROOMS = [
    "base",
    "ingest",
    "profile",
    "detect",
    "alert",
    "oncall",
    "incident",
    "contain",
    "diagnose",
    "learn",
    "drill",
    "config",
]


@pytest.mark.parametrize("room", ROOMS)
def test_importing_a_room_loads_nothing_heavy(room: str) -> None:
    modules = ", ".join(
        f"tocsin.{room}.{path.stem}" for path in (SOURCE / room).glob("*.py") if path.stem[0] != "_"
    )
    code = f"import sys, {modules}; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not HEAVY & set(out.stdout.split())


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    code = "import sys, tocsin.app; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not (HEAVY | {"numpy", "pyarrow", "scipy"}) & set(out.stdout.split())


def test_every_test_file_has_the_source_file_it_is_named_after() -> None:
    orphans: list[str] = []
    for test in (ROOT / "tests").rglob("test_*.py"):
        across_pages = test.name == "test_browser.py"
        if across_pages or test.parent.name in {"tests", "contracts", "e2e"}:
            continue
        beside = SOURCE / test.parent.relative_to(ROOT / "tests")
        words = test.stem.removeprefix("test_").split("_")
        # a long one is cut: test_check_refuses.py is of check.py as well
        stems = ["_".join(words[: k + 1]) for k in range(len(words))]
        if not any((beside / f"{s}.py").exists() or (beside / s).is_dir() for s in stems):
            orphans.append(str(test.relative_to(ROOT)))
    assert orphans == []


def test_every_source_file_with_logic_has_a_test_file() -> None:
    missing: list[str] = []
    for source in SOURCE.rglob("*.py"):
        # a file of nouns alone is tested through the functions that use them
        if "migrations" in source.parts or not FUNCTION.search(source.read_text()):
            continue
        beside = ROOT / "tests" / source.parent.relative_to(SOURCE)
        if not (
            (beside / f"test_{source.stem}.py").exists()
            or (source.stem == "__init__" and (beside.parent / f"test_{beside.name}.py").exists())
            or source == SOURCE / "app.py"  # its test is the promise of the command line, below
        ):
            missing.append(str(source.relative_to(SOURCE)))
    assert missing == []

"""Asks `tocsin check` about a file, for the tests here."""

import json
from pathlib import Path
from typing import Any

from tests.cli.served import Terminal

COLUMNS = (
    *("--id", "id", "--time", "at", "--score", "score", "--prediction", "approved"),
    *("--label", "repaid", "--slice", "employer", "--protected", "sex"),
)


def ask(terminal: Terminal, folder: Path, current: str, *more: str) -> tuple[int, str, str]:
    return terminal.run(
        "check",
        *("--current", str(folder / current)),
        *("--reference", str(folder / "reference.parquet")),
        *(more or COLUMNS),
    )


def as_json(out: str) -> dict[str, Any]:
    return json.loads(out)

"""Golden cases: foreign bodies as they travel and what becomes of them, two files a case."""

import base64
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin.ingest.rows import Accepted

FIXTURES = Path(__file__).parents[1] / "fixtures" / "ingest"


def cases(kind: str) -> list[str]:
    """Return the names of a format's cases."""
    return sorted(p.name.removesuffix(".in.json") for p in (FIXTURES / kind).glob("*.in.json"))


def case(kind: str, name: str) -> dict[str, Any]:
    """Return what is sent in one case."""
    return json.loads((FIXTURES / kind / f"{name}.in.json").read_text())


def expected(kind: str, name: str) -> dict[str, Any]:
    """Return what becomes of it."""
    return json.loads((FIXTURES / kind / f"{name}.out.json").read_text())


def body_of(request: dict[str, Any]) -> bytes:
    """Return the bytes of one request of a case."""
    if "base64" in request:
        return base64.b64decode(request["base64"])
    return json.dumps(request["json"]).encode()


def said(accepted: Accepted) -> dict[str, Any]:
    """Return accepted rows and refusals as they stand in an expectation; absent means null."""
    rows = [_plain(row) for row in accepted.table.drop_columns(["received_at"]).to_pylist()]
    return {"rows": rows, "rejected": rejections(accepted.rejected)}


def rejections(found: Iterable[Any]) -> list[list[Any]]:
    """Return refusals as `[row, id, field, reason]`."""
    return [[one.row, one.id, one.field, one.reason] for one in found]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if value is not None and name != "decided_by"
    }

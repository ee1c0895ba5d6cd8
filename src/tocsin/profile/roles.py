"""Roles: what the columns of a reference mean, and whether it has them."""

from collections import Counter

import pyarrow as pa

from tocsin.base.errors import BadInput
from tocsin.ingest.system import System


def roles(system: System) -> dict[str, str]:
    """Return what the columns of a table mean, by their names."""
    columns = system.columns
    named = {
        "id": columns.id,
        "time": columns.time,
        "score": columns.score,
        "prediction": columns.answer,
        "label": columns.label,
        "version": columns.version,
        "latency_ms": columns.latency_ms,
        "capacity_used": columns.capacity_used,
    }
    roles = {name: role for role, name in named.items() if name is not None}
    return roles | dict.fromkeys(system.attributes, "slice")


def check_columns(table: pa.Table, system: System, where: str) -> None:
    """Refuse a table that lacks a column that is named, or has it twice."""
    have = Counter(table.column_names)
    for name, role in {**dict.fromkeys(system.features, "feature"), **roles(system)}.items():
        if name not in have:
            raise BadInput(
                f"no column {name!r} (named as {role})",
                where=where,
                do="it has " + ", ".join(sorted(have)),
            )
    twice = sorted(name for name, times in have.items() if times > 1)
    if twice:
        raise BadInput(f"column {twice[0]!r} stands twice", where=where, do="rename one of them")

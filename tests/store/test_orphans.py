"""Outcomes whose prediction has not come yet are kept until they are dropped."""

from dataclasses import replace
from datetime import datetime

import pytest

from tests.store.examples import HOUR, NOW, SPEC, SYSTEM
from tocsin.store import orphans, systems
from tocsin.store.unit import Database

OTHER = replace(SPEC, threshold=0.7)


@pytest.fixture
def loans(database: Database) -> Database:
    """A database that knows the example system."""
    with database.unit("test", NOW) as unit:
        systems.save(unit, SYSTEM, SPEC, (), 0, "")
    return database


def _outcome(id_: str, at: datetime = NOW) -> dict[str, object]:
    return {"id": id_, "at": at, "received_at": at, "label": "true"}


def test_orphans_wait_until_they_are_dropped(loans: Database) -> None:
    with loans.unit("test", NOW) as unit:
        rows = [_outcome(f"p{k}", NOW + k * HOUR) for k in range(1200)]
        orphans.save(unit, SPEC, rows, [])
        orphans.save(unit, OTHER, [_outcome("p1")], [])
    with loans.reading() as conn:
        assert orphans.waiting(conn, SPEC) == rows
    with loans.unit("test", NOW) as unit:
        gone = [f"p{k}" for k in range(1199)]
        orphans.save(unit, SPEC, [_outcome("p1199") | {"label": "false"}], gone)
    with loans.reading() as conn:
        assert [(row["id"], row["label"]) for row in orphans.waiting(conn, SPEC)] == [
            ("p1199", "false")
        ]
        assert len(orphans.waiting(conn, OTHER)) == 1

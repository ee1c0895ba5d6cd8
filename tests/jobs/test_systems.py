"""Declaring a system learns its reference once, and again only when something changed."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fresh import fresh
from tocsin.base.errors import BadInput
from tocsin.ingest.privacy import hashed
from tocsin.ingest.rule import Demand, Rule
from tocsin.ingest.system import Columns, System
from tocsin.jobs.systems import declare
from tocsin.store import systems
from tocsin.store.unit import Database

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SYSTEM = System(
    name="loan",
    reference="ref.parquet",
    columns=Columns(id="id", score="score", prediction="yes", label="paid"),
    slices=("region",),
)


def reference(path: Path, n: int = 200, seed: int = 1) -> None:
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    pq.write_table(
        pa.table(
            {
                "id": [f"r{i}" for i in range(n)],
                "score": score,
                "yes": score > 0.5,
                "paid": rng.random(n) < score,
                "income": rng.normal(50, 10, n),
                "region": rng.choice(["north", "south"], n),
            }
        ),
        path,
    )


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return fresh(f"sqlite:///{tmp_path}/t.sqlite3")


def test_a_reference_is_learnt_once(tmp_path: Path, database: Database) -> None:
    reference(tmp_path / "ref.parquet")
    told: list[str] = []
    first = declare(database, {"loan": SYSTEM}, tmp_path, NOW, tell=told.append, secret=b"-")
    again = declare(database, {"loan": SYSTEM}, tmp_path, NOW, tell=told.append, secret=b"-")
    assert [first[0].changed, again[0].changed] == [True, False]
    assert len(told) == 1
    with database.reading() as conn:
        stored = systems.get(conn, "loan")
        blocks = systems.blocks(conn, "loan", stored.spec)
    assert stored.rows == 200
    assert {key for block in blocks for key in block} == {"", "region=north", "region=south"}
    database.close()


def test_a_changed_file_or_declaration_is_learnt_anew(tmp_path: Path, database: Database) -> None:
    reference(tmp_path / "ref.parquet")
    declare(database, {"loan": SYSTEM}, tmp_path, NOW, tell=print, secret=b"-")
    reference(tmp_path / "ref.parquet", seed=2)
    assert declare(database, {"loan": SYSTEM}, tmp_path, NOW, tell=print, secret=b"-")[0].changed
    other = replace(SYSTEM, threshold=0.4)
    assert declare(database, {"loan": other}, tmp_path, NOW, tell=print, secret=b"-")[0].changed
    database.close()


def test_a_reference_that_does_not_fit_changes_nothing(tmp_path: Path, database: Database) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        declare(database, {"loan": SYSTEM}, tmp_path, NOW, tell=print, secret=b"-")
    reference(tmp_path / "ref.parquet")
    wrong = replace(SYSTEM, slices=("continent",))
    with pytest.raises(BadInput, match="continent"):
        declare(database, {"loan": wrong}, tmp_path, NOW, tell=print, secret=b"-")
    with database.reading() as conn:
        assert systems.names(conn) == []
    database.close()


def test_a_reference_is_learnt_as_its_rows_are_stored(tmp_path: Path, database: Database) -> None:
    reference(tmp_path / "ref.parquet")
    guarded = replace(SYSTEM, dropped=("income",), hashed=("region", "id"))
    declare(database, {"loan": guarded}, tmp_path, NOW, tell=print, secret=b"a secret")
    with database.reading() as conn:
        spec = systems.get(conn, "loan").spec
    assert spec.schema.features == ()
    north = hashed("north", b"a secret")
    assert f"region={north}" in spec.slices


def test_rules_that_cannot_be_asked_are_told_each_time(tmp_path: Path, database: Database) -> None:
    reference(tmp_path / "ref.parquet")
    rules = tuple(
        Rule(column=name, demand=Demand.PRESENT, name="not null") for name in ("income", "gone")
    )
    system = replace(SYSTEM, rules=rules)
    for _ in range(2):
        told: list[str] = []
        declare(database, {"loan": system}, tmp_path, NOW, tell=told.append, secret=b"-")
        assert told[-1] == "loan: the rule “gone not null” is not watched: gone is no feature"
    with database.reading() as conn:
        assert systems.get(conn, "loan").system == system
        assert systems.get(conn, "loan").spec.rules == rules[:1]

"""What the play does by itself: the reference it writes, and whom it counts as harmed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest

from tests.cli.demo.cast import applicants
from tocsin.cli.demo import play
from tocsin.cli.demo.traffic import Answer
from tocsin.config.load import load
from tocsin.drill import lending
from tocsin.profile.learn import learn

T0 = datetime(2026, 11, 20, tzinfo=UTC)


def test_the_reference_fits_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lending, "TRAIN", 300)
    monkeypatch.setattr(lending, "REFERENCE", 600)
    table = play.reference(applicants(600), seed=1)
    text = lending.config(reference="r.parquet", pager_url="http://x", pager_secret="0" * 16)
    system = load(text, "tocsin.yaml").systems[lending.SYSTEM]
    spec = learn(table, system)
    assert isinstance(table, pa.Table)
    assert table.num_rows == 300
    assert "employer=government" in spec.slices


def test_harmed_are_the_slices_decisions_between_fault_and_containment(tmp_path: Path) -> None:
    people = applicants(40)
    answers = [Answer(f"a{i}", i, T0 + timedelta(seconds=i), approved=True) for i in range(40)]
    scene = SimpleNamespace(
        people=people,
        traffic=SimpleNamespace(answers=answers),
        seen=SimpleNamespace(fault_at=T0 + timedelta(seconds=10)),
    )
    found = set(play.harmed(cast("Any", scene), until=T0 + timedelta(seconds=20)))
    expected = {f"a{i}" for i in range(10, 20) if people[i].employer == "government"}
    assert found == expected != set()

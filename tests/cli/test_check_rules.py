"""`tocsin check` watches the rules of a Great Expectations suite, and says what it does not."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.checked import as_json
from tests.cli.served import Terminal
from tests.profile.rows import replaced, table

DECLARED = """\
version: 1
systems:
  lending:
    reference: reference.parquet
    columns: {id: id, time: at, score: score, prediction: approved, label: repaid}
    slices: [employer]
    protected: [sex]
    expectations: suite.json
"""
SUITE: list[tuple[str, dict[str, Any]]] = [
    ("expect_column_values_to_be_in_set", {"value_set": ["car", "house"], "mostly": 0.7}),
    ("expect_column_values_to_match_regex", {"regex": "^[a-z:]+$"}),
    ("expect_column_values_to_be_unique", {}),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    listed = [{"type": name, "kwargs": {"column": "purpose"} | kwargs} for name, kwargs in SUITE]
    listed.append({"type": "expect_column_values_to_be_null", "kwargs": {"column": "score"}})
    (tmp_path / "suite.json").write_text(json.dumps({"expectations": listed}))
    (tmp_path / "tocsin.yaml").write_text(DECLARED)
    pq.write_table(table(8000, 1), tmp_path / "reference.parquet")
    return tmp_path


def spoilt(share: float, into: str, seed: int = 2) -> pa.Table:
    """Return decisions of which a share has another purpose."""
    raw = table(2000, seed)
    chosen = np.random.default_rng(seed).random(2000) < share
    purposes = np.where(chosen, into, raw["purpose"].to_numpy())
    return replaced(raw, "purpose", purposes.tolist())


def ask(terminal: Terminal, home: Path, current: pa.Table) -> tuple[dict[str, str], str]:
    pq.write_table(current, home / "current.parquet")
    _, out, err = terminal.run(
        *("check", "--config", str(home / "tocsin.yaml"), "--format", "json"),
        *("--current", str(home / "current.parquet")),
    )
    found = [f for f in as_json(out)["findings"] if f["measure"].startswith("breaks ")]
    assert {f["column"] for f in found} == {"purpose"}
    return {f["measure"]: f["verdict"] for f in found if not f["slice"]}, err


def test_a_healthy_file_keeps_its_rules_and_what_is_not_watched_is_said(
    terminal: Terminal, home: Path
) -> None:
    said, err = ask(terminal, home, table(2000, 3))
    assert said == {"breaks in {car, house}": "ok", "breaks matches ^[a-z:]+$": "ok"}
    first, second = err.splitlines()
    assert first.startswith(
        "suite.json: 1 expectation is not watched: expect_column_values_to_be_u"
    )
    assert second == "the rule “score null” is not watched: score is no feature"


def test_a_rule_alarms_beyond_chance_and_beyond_what_the_suite_allows(
    terminal: Terminal, home: Path
) -> None:
    # a fifth of purposes are phones, 30 % are allowed: 26 % are a rise and no fault, 44 % are one
    said, _ = ask(terminal, home, spoilt(0.07, "phone"))
    assert said["breaks in {car, house}"] == "ok"
    said, _ = ask(terminal, home, spoilt(0.3, "phone"))
    assert said == {"breaks in {car, house}": "alarm", "breaks matches ^[a-z:]+$": "ok"}
    said, _ = ask(terminal, home, spoilt(0.02, "CAR"))
    assert said == {"breaks in {car, house}": "ok", "breaks matches ^[a-z:]+$": "alarm"}

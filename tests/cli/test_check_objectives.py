"""`tocsin check` judges what one file can tell of objectives and of monitors of one's own."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.cli.checked import as_json
from tests.cli.served import Terminal
from tests.detect.desks import Fault, table

CONFIG = """\
version: 1
systems:
  desks:
    kind: multiclass
    reference: reference.parquet
    columns: {id: id, time: at, prediction: sent, score: sure, label: meant}
    features: [pages]
    slices: [channel]
    slos:
      - {name: right-7d, sli: accuracy, target: 0.75, window: 7d}
      - {name: answers-30d, sli: availability, target: 0.99, window: 30d}
    monitors:
      - {name: few, measure: volume, below: 10}
      - {name: steady, measure: volume, k_sigma: 3}
      - {name: last-week, measure: accuracy, previous: 7d}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a declaration, a reference, and files that keep and break a promise."""
    here, r = tmp_path_factory.mktemp("promised"), np.random.default_rng(5)
    (here / "tocsin.yaml").write_text(CONFIG)
    pq.write_table(table(8000, r, hours=240), here / "reference.parquet")
    pq.write_table(table(2400, r, hours=72), here / "kept.parquet")
    pq.write_table(
        table(2400, r, Fault(lost=0.9, desk="cards", channel=""), 72), here / "lost.parquet"
    )
    return here


def said(terminal: Terminal, folder: Path, file: str) -> tuple[int, dict[tuple[str, str], str]]:
    files = ("--config", str(folder / "tocsin.yaml"), "--current", str(folder / file))
    code, out, err = terminal.run("check", *files, "--format", "json")
    assert err == ""
    found = as_json(out)["findings"]
    return code, {
        (one["column"] or "", one["measure"]): one["verdict"]
        for one in found
        if one["layer"] == "slo" or one["measure"] in {"few", "steady", "last-week"}
    }


def test_a_promise_that_is_kept_and_history_that_is_lacking(
    terminal: Terminal, folder: Path
) -> None:
    code, found = said(terminal, folder, "kept.parquet")
    assert code == 0
    assert found == {
        ("right-7d", "fast_burn"): "ok",
        ("right-7d", "slow_burn"): "ok",
        ("right-7d", "budget_left"): "ok",
        ("answers-30d", "fast_burn"): "ok",
        ("answers-30d", "slow_burn"): "ok",
        ("answers-30d", "budget_left"): "ok",
        ("", "few"): "ok",
        ("", "steady"): "insufficient",
        ("", "last-week"): "insufficient",
    }


def test_a_promise_that_is_broken_alarms_and_can_be_drawn(terminal: Terminal, folder: Path) -> None:
    code, found = said(terminal, folder, "lost.parquet")
    assert code == 1
    assert found["right-7d", "budget_left"] == "alarm"
    assert found["answers-30d", "budget_left"] == "ok"
    files = ("--config", str(folder / "tocsin.yaml"), "--current", str(folder / "lost.parquet"))
    _, text, _ = terminal.run("check", *files)
    assert "the error budget is spent" in text
    _, drawn, _ = terminal.run("check", *files, "--explain", "slo/budget_left/right-7d/")
    assert "the error budget is spent" in drawn
    code, page, _ = terminal.run("check", *files, "--format", "html")
    assert code == 1
    assert "right-7d" in page

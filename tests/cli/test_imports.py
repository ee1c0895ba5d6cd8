"""`tocsin import` on what peers have saved of real files."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.served import Terminal
from tests.profile.test_whylogs import EXPORTED, ROWS
from tocsin.detect.evidently import wasserstein
from tocsin.detect.raw import Raw

R = np.random.default_rng(1)
WAS, NOW = R.normal(size=1500), R.normal(0.5, 1, 800)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    metrics = [
        {
            "config": {
                "type": "evidently:metric_v2:ValueDrift",
                "column": column,
                "method": "Wasserstein distance (normed)",
                "threshold": 0.1,
            },
            "value": 0.5,
        }
        for column in ("x", "gone")
    ]
    (tmp_path / "report.json").write_text(json.dumps({"metrics": metrics}))
    for name, values in (("was", WAS), ("now", NOW)):
        pq.write_table(pa.table({"x": values}), tmp_path / f"{name}.parquet")
    return tmp_path


def test_a_report_is_said_again_with_our_number_beside(terminal: Terminal, folder: Path) -> None:
    code, out, err = terminal.run(
        *("import", "evidently", str(folder / "report.json")),
        *("--reference", str(folder / "was.parquet"), "--current", str(folder / "now.parquet")),
    )
    assert (code, err) == (0, "")
    ours = wasserstein(Raw.numbers(WAS), Raw.numbers(NOW)).value
    x, gone = out.splitlines()[1:3]
    assert x.split() == ["x", "evidently:wasserstein", "0.5", "0.1", "yes", f"{ours:.8g}"]
    assert gone.split()[-1] == "–"
    assert "--method evidently:wasserstein" in out


def test_without_the_files_only_the_report_is_told(terminal: Terminal, folder: Path) -> None:
    code, out, _ = terminal.run("import", "evidently", str(folder / "report.json"))
    assert code == 0
    assert "tocsin check --reference REF --current CUR" in out


def test_one_file_of_two_or_no_report_is_refused(terminal: Terminal, folder: Path) -> None:
    report = str(folder / "report.json")
    code, _, err = terminal.run("import", "evidently", report, "--current", report)
    assert (code, "give --reference and --current" in err) == (2, True)
    code, _, err = terminal.run("import", "evidently", str(folder / "was.parquet"))
    assert (code, "is no JSON" in err) == (2, True)
    code, _, err = terminal.run("import", "evidently", str(folder / "missing.json"))
    assert (code, "cannot be read" in err) == (2, True)


def test_a_whylogs_profile_is_said_again_with_our_figures_beside(
    terminal: Terminal, tmp_path: Path
) -> None:
    pq.write_table(ROWS, tmp_path / "rows.parquet")
    code, out, err = terminal.run(
        *("import", "whylogs", str(EXPORTED["csv"]), "--data", str(tmp_path / "rows.parquet"))
    )
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert ["income", "missing", "118", "118"] in lines
    assert ["level", "max", "4", "4"] in lines
    assert f"tocsin check --reference HEALTHY --current {tmp_path / 'rows.parquet'}" in out
    code, out, _ = terminal.run("import", "whylogs", str(EXPORTED["json"]))
    assert code == 0
    assert ["income", "missing", "118", "–"] in [line.split() for line in out.splitlines()]


def test_whylogs_own_binary_is_refused_with_what_to_do(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "profile.bin").write_bytes(b"WHY1\x00")
    code, _, err = terminal.run("import", "whylogs", str(tmp_path / "profile.bin"))
    assert (code, "to_pandas().to_csv" in err) == (2, True)
    code, _, err = terminal.run("import", "whylogs", str(tmp_path / "gone.csv"))
    assert (code, "cannot be read" in err) == (2, True)

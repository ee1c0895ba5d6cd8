"""`tocsin check` on real files: its three reports, its exit codes, its refusals."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tests.cli.served import Terminal
from tests.profile.rows import replaced, table

COLUMNS = (
    *("--id", "id", "--time", "at", "--score", "score", "--prediction", "approved"),
    *("--label", "repaid", "--slice", "employer", "--protected", "sex"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a reference, a healthy file and one with a fault in one slice."""
    here = tmp_path_factory.mktemp("check")
    pq.write_table(table(8000, 50), here / "reference.parquet")
    pq.write_table(table(2000, 51), here / "healthy.parquet")
    pq.write_table(faulty(table(2000, 52)), here / "faulty.parquet")
    return here


def faulty(raw: pa.Table) -> pa.Table:
    """Return `raw` with education years gone, and so few approvals, for government employees."""
    hit = np.array(raw["employer"].to_pylist()) == "government"
    gone = hit & (np.arange(raw.num_rows) % 25 != 0)
    pairs = zip(raw["education_years"].to_pylist(), gone, strict=True)
    years = [None if missing else year for year, missing in pairs]
    score = np.where(gone, 0.1, raw["score"].to_numpy())
    raw = replaced(replaced(raw, "education_years", years), "score", score.tolist())
    return replaced(raw, "approved", (score >= 0.5).tolist())


def ask(terminal: Terminal, folder: Path, current: str, *more: str) -> tuple[int, str, str]:
    return terminal.run(
        "check",
        *("--current", str(folder / current)),
        *("--reference", str(folder / "reference.parquet")),
        *(more or COLUMNS),
    )


def as_json(out: str) -> dict[str, Any]:
    return json.loads(out)


def test_a_healthy_file_is_ok_and_exits_with_0(terminal: Terminal, folder: Path) -> None:
    code, out, err = ask(terminal, folder, "healthy.parquet", *COLUMNS, "--format", "json")
    assert (code, err) == (0, "")
    assert as_json(out)["verdict"] == "ok"


def test_a_fault_in_one_slice_is_the_first_finding_and_exits_with_1(
    terminal: Terminal, folder: Path
) -> None:
    code, out, err = ask(terminal, folder, "faulty.parquet", *COLUMNS, "--format", "json")
    assert (code, err) == (1, "")
    facts = as_json(out)
    first = facts["findings"][0]
    assert (first["verdict"], first["level"]) == ("alarm", "page")
    assert (first["layer"], first["measure"]) == ("quality", "missing")
    assert (first["column"], first["slice"]) == ("education_years", {"employer": "government"})
    assert "education_years is missing in 9" in first["why"]
    assert facts["suspects"][0]["what"]["column"] == "education_years"
    assert facts["reference"]["rows"] == 8000
    digest = hashlib.sha256((folder / "reference.parquet").read_bytes()).hexdigest()
    assert facts["reference"]["sha256"] == digest
    assert facts["current"]["rows"] == 2000
    assert facts["current"]["from"].startswith("2026-11-01T00:00:00")


def test_text_has_the_numbers_first_and_html_the_same_facts(
    terminal: Terminal, folder: Path, tmp_path: Path
) -> None:
    code, out, _ = ask(terminal, folder, "faulty.parquet")
    assert code == 1
    assert "alarm" in out.splitlines()[0]
    assert "employer=government" in out
    page = tmp_path / "report.html"
    code, out, _ = ask(
        terminal, folder, "faulty.parquet", *COLUMNS, "--format", "html", "--out", str(page)
    )
    assert (code, out) == (1, "")
    assert "education_years is missing" in page.read_text(encoding="utf-8")


def test_csv_reads_as_parquet_does(terminal: Terminal, folder: Path, tmp_path: Path) -> None:
    for name in ("reference", "faulty"):
        pacsv.write_csv(pq.read_table(folder / f"{name}.parquet"), tmp_path / f"{name}.csv")
    code, out, _ = terminal.run(
        *("check", "--current", str(tmp_path / "faulty.csv")),
        *("--reference", str(tmp_path / "reference.csv"), *COLUMNS, "--format", "json"),
    )
    assert code == 1
    assert as_json(out)["findings"][0]["slice"] == {"employer": "government"}


def test_without_any_role_the_inputs_are_still_compared(terminal: Terminal, folder: Path) -> None:
    code, out, _ = ask(terminal, folder, "faulty.parquet", "--id", "id", "--format", "json")
    assert code == 1
    layers = {f["layer"] for f in as_json(out)["findings"] if f["verdict"] != "insufficient"}
    assert layers == {"health", "quality", "drift"}


def test_labels_that_are_not_there_yet_are_no_error(terminal: Terminal, folder: Path) -> None:
    bare = pq.read_table(folder / "healthy.parquet").drop_columns(["repaid"])
    pq.write_table(bare, folder / "unlabelled.parquet")
    code, out, _ = ask(terminal, folder, "unlabelled.parquet", *COLUMNS, "--format", "json")
    assert code == 0
    accuracy = [f for f in as_json(out)["findings"] if f["measure"] == "accuracy"]
    assert [f["verdict"] for f in accuracy] == ["insufficient"]


def test_a_configuration_names_reference_and_columns(terminal: Terminal, folder: Path) -> None:
    (folder / "tocsin.yaml").write_text(
        "version: 1\n"
        "systems:\n"
        "  lending:\n"
        "    risk: high\n"
        "    reference: reference.parquet\n"
        "    columns: {id: id, time: at, score: score, prediction: approved, label: repaid}\n"
        "    slices: [employer]\n"
        "    protected: [sex]\n"
    )
    code, out, err = terminal.run(
        *("check", "--current", str(folder / "faulty.parquet"), "--format", "json"),
        *("--config", str(folder / "tocsin.yaml"), "--system", "lending"),
    )
    assert (code, err) == (1, "")
    assert as_json(out)["system"] == "lending"
    code, _, err = terminal.run(
        *("check", "--current", str(folder / "faulty.parquet")),
        *("--config", str(folder / "tocsin.yaml"), "--system", "lendign"),
    )
    assert code == 2
    assert "lending" in err


def write(path: Path, body: bytes) -> str:
    path.write_bytes(body)
    return str(path)


@pytest.mark.parametrize(
    ("current", "columns", "words"),
    [
        ("nowhere.parquet", COLUMNS, "no such file"),
        ("empty.parquet", COLUMNS, "empty"),
        ("corrupt.parquet", COLUMNS, "cannot be read"),
        ("lacking.parquet", COLUMNS, "income"),
        ("healthy.parquet", ("--score", "scroe"), "scroe"),
        ("healthy.parquet", ("--label", "purpose"), "3 classes"),
        ("healthy.parquet", ("--label", "repaid", "--positive", "good"), "never says 'good'"),
        ("healthy.parquet", ("--score", "income"), "(score)"),
        ("healthy.parquet", ("--slice", "planet"), "planet"),
        ("headed.csv", COLUMNS, "no rows"),
    ],
)
def test_bad_input_exits_with_2_and_one_sentence(
    terminal: Terminal, folder: Path, current: str, columns: Sequence[str], words: str
) -> None:
    write(folder / "empty.parquet", b"")
    whole = (folder / "healthy.parquet").read_bytes()
    write(folder / "corrupt.parquet", whole[: len(whole) // 2])
    write(folder / "headed.csv", b"id,at\n")
    lacking = pq.read_table(folder / "healthy.parquet").drop_columns(["income"])
    pq.write_table(lacking, folder / "lacking.parquet")
    code, out, err = ask(terminal, folder, current, *columns)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


def test_nothing_to_compare_with_is_refused(terminal: Terminal, folder: Path) -> None:
    code, _, err = terminal.run("check", "--current", str(folder / "healthy.parquet"))
    assert code == 2
    assert "--reference or --config" in err


def test_columns_beside_a_configuration_are_refused(terminal: Terminal, folder: Path) -> None:
    code, _, err = terminal.run(
        *("check", "--current", str(folder / "healthy.parquet"), "--config", "x.yaml"),
        *("--score", "score"),
    )
    assert code == 2
    assert "leave out" in err


def test_a_place_that_cannot_be_written_is_told(terminal: Terminal, folder: Path) -> None:
    code, _, err = ask(
        terminal, folder, "healthy.parquet", *COLUMNS, "--out", str(folder / "no" / "dir.txt")
    )
    assert code == 2
    assert "cannot be written" in err


def test_unusable_rows_are_left_out_and_told(terminal: Terminal, folder: Path) -> None:
    raw = pq.read_table(folder / "healthy.parquet")
    scores = raw["score"].to_pylist()
    scores[5] = 7.0
    pq.write_table(replaced(raw, "score", scores), folder / "odd.parquet")
    code, out, err = ask(terminal, folder, "odd.parquet", *COLUMNS, "--format", "json")
    assert code == 0
    assert "1 of 2,000 rows left out; row 5: score" in err
    assert as_json(out)["verdict"] == "ok"


def test_asking_for_help_loads_no_numbers() -> None:
    code = "import sys, tocsin.cli.check; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"numpy", "pyarrow", "scipy", "rich.progress", "jinja2"} & set(run.stdout.split())

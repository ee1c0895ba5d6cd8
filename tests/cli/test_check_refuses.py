"""What `tocsin check` refuses, and what it says then."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.checked import COLUMNS, ask
from tests.cli.served import Terminal
from tests.profile.rows import replaced, table
from tocsin.base.errors import BadInput
from tocsin.lake.files import read_table


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


def test_a_bad_check_writes_nothing(terminal: Terminal, folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert ask(terminal, folder, "none.csv", *COLUMNS, "--out", str(report))[0] == 2
    assert not report.exists()
    report.write_text("older")
    assert ask(terminal, folder, "none.csv", *COLUMNS, "--out", str(report))[0] == 2
    assert report.read_text() == "older"


def test_missing_columns_are_all_named(terminal: Terminal, folder: Path, tmp_path: Path) -> None:
    short = pq.read_table(folder / "healthy.parquet").rename_columns({"score": "scores"})
    current = tmp_path / "short.parquet"
    pq.write_table(short.drop_columns(["income", "sex"]), current)
    code, _, err = ask(terminal, folder, str(current))
    assert code == 2
    assert "columns 'score', 'income' and 'sex' missing; did you mean 'scores'?" in err


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("score", 1.01, "row 0: score: score must be a number between 0 and 1"),
        ("repaid", "maybe", "row 0: label: label 'maybe' must be true or false"),
    ],
)
def test_a_file_without_a_usable_row_is_refused(
    terminal: Terminal, folder: Path, column: str, value: object, words: str
) -> None:
    raw = pq.read_table(folder / "healthy.parquet")
    current = folder / "wrong.parquet"
    pq.write_table(replaced(raw, column, [value] * raw.num_rows), current)
    code, out, err = ask(terminal, folder, str(current))
    assert (code, out) == (2, "")
    assert "no row can be used" in err
    assert words in err


def test_positive_beside_a_configuration_is_refused_too(terminal: Terminal, folder: Path) -> None:
    code, _, err = terminal.run(
        *("check", "--current", str(folder / "healthy.parquet"), "--config", "x.yaml"),
        *("--positive", "approved"),
    )
    assert code == 2
    assert "leave out --config" in err


def test_a_configuration_with_a_fault_names_its_line(
    terminal: Terminal, folder: Path, tmp_path: Path
) -> None:
    config = tmp_path / "tocsin.yaml"
    config.write_text("version: 1\nsystems:\n  loans:\n    reference: r.csv\n    slcies: [a]\n")
    code, _, err = terminal.run(
        *("check", "--current", str(folder / "healthy.parquet"), "--config", str(config)),
    )
    assert code == 2
    assert "tocsin.yaml:5: unknown key 'systems.loans.slcies'; did you mean 'slices'?" in err


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_a_parquet_file_cut_anywhere_is_refused(share: float) -> None:
    with tempfile.TemporaryDirectory() as where:
        path = Path(where) / "cut.parquet"
        pq.write_table(table(50, 1), path)
        whole = path.read_bytes()
        path.write_bytes(whole[: max(1, int(share * len(whole)))])
        with pytest.raises(BadInput, match=r"cut\.parquet: cannot be read"):
            read_table(path)

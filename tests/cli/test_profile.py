"""`tocsin profile` on real files: what it writes, what it says, what it refuses."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from tests.cli.served import Terminal
from tests.profile.rows import LENDING, lake_rows, replaced, spec_of, table
from tocsin.lake.delta import Lake, folder_name
from tocsin.profile import bundle
from tocsin.profile.kernel import profile

CONFIG = """version: 1
systems:
  lending:
    risk: high
    reference: reference.parquet
    columns: {id: id, time: at, score: score, prediction: approved, label: repaid}
    slices: [employer]
    protected: [sex]
"""
RAW = table(2000, 51)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a configuration, its reference, and a file of decisions."""
    pq.write_table(table(3000, 50), tmp_path / "reference.parquet")
    (tmp_path / "tocsin.yaml").write_text(CONFIG)
    pq.write_table(RAW, tmp_path / "day.parquet", row_group_size=300)
    return tmp_path


def ask(terminal: Terminal, folder: Path, data: str, *more: str) -> tuple[int, str, str]:
    config = ("--config", str(folder / "tocsin.yaml"), "--system", "lending")
    out = ("--out", str(folder / "out.profile"))
    return terminal.run("profile", str(folder / data), *config, *(more or out))


def expected(raw: pa.Table = RAW) -> bytes:
    """Return what the kernel itself counts of all rows at once."""
    spec = spec_of(table(3000, 50), LENDING)
    return bundle.to_bytes(profile(lake_rows(raw, spec), spec), spec)


def test_a_file_is_counted_and_the_summary_says_what(terminal: Terminal, folder: Path) -> None:
    code, out, err = ask(terminal, folder, "day.parquet")
    assert (code, err) == (0, "")
    assert (folder / "out.profile").read_bytes() == expected()
    first, version, hours, slices, spec = out.splitlines()
    assert first.startswith("2,000 rows counted: local engine, ")
    assert version == "1 version: (unknown)"
    assert hours == "240 hours from 2026-11-01 00:00 to 2026-11-10 23:00 UTC"
    assert slices == "5 slices by employer and sex"
    assert spec == f"spec {bundle.spec_in(expected()).hash}"
    assert [path.name for path in folder.glob(".*")] == []


def test_csv_folder_and_delta_table_give_the_same_file(terminal: Terminal, folder: Path) -> None:
    pacsv.write_csv(RAW, folder / "day.csv")
    (folder / "days").mkdir()
    pq.write_table(RAW.slice(0, 700), folder / "days" / "a.parquet")
    pq.write_table(RAW.slice(700), folder / "days" / "b.parquet")
    write_deltalake(str(folder / "table"), RAW.slice(0, 900))
    write_deltalake(str(folder / "table"), RAW.slice(900), mode="append")
    for data in ("day.csv", "days", "table"):
        assert ask(terminal, folder, data)[0] == 0
        assert (folder / "out.profile").read_bytes() == expected(), data


def test_the_lakes_own_predictions_are_counted_as_they_rest(
    terminal: Terminal, folder: Path
) -> None:
    unlabelled = RAW.drop_columns(["repaid"])
    spec = spec_of(table(3000, 50), LENDING)
    Lake(str(folder / "lake")).append(
        "lending", "predictions", lake_rows(RAW, spec).drop_columns(["label"])
    )
    data = f"lake/{folder_name('lending')}/predictions"
    assert ask(terminal, folder, data)[0] == 0
    assert (folder / "out.profile").read_bytes() == expected(unlabelled)


def test_profile_files_add_up(terminal: Terminal, folder: Path) -> None:
    pq.write_table(RAW.slice(0, 700), folder / "early.parquet")
    pq.write_table(RAW.slice(700), folder / "late.parquet")
    ask(terminal, folder, "early.parquet")
    sum_ = folder / "sum.profile"
    more = ("--add", str(folder / "out.profile"), "--out", str(sum_))
    code, out, _ = ask(terminal, folder, "late.parquet", *more)
    assert code == 0
    assert sum_.read_bytes() == expected()
    assert out.startswith("1,300 rows counted")


def test_counts_of_another_reference_are_not_added(terminal: Terminal, folder: Path) -> None:
    ask(terminal, folder, "day.parquet")
    pq.write_table(table(3000, 99), folder / "reference.parquet")
    more = ("--add", str(folder / "out.profile"), "--out", str(folder / "sum.profile"))
    code, _, err = ask(terminal, folder, "day.parquet", *more)
    assert code == 2
    assert "do not add up: count the rows again" in err
    assert not (folder / "sum.profile").exists()


def test_rows_left_out_are_told_on_standard_error(terminal: Terminal, folder: Path) -> None:
    score = [9.0 if k < 3 else s for k, s in enumerate(RAW["score"].to_pylist())]
    pq.write_table(replaced(RAW, "score", score), folder / "odd.parquet")
    code, out, err = ask(terminal, folder, "odd.parquet")
    assert code == 0
    assert out.startswith("1,997 rows counted")
    assert "3 rows left out, such as: score: score must be a number between 0 and 1" in err


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder, which relative paths start from."""
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("data", "more", "message"),
    [
        ("nowhere.parquet", (), "nowhere.parquet: no such file; check the path"),
        ("empty.parquet", (), "empty.parquet: there are no rows"),
        ("wrong.parquet", (), "no row can be used"),
        ("narrow.parquet", (), "column 'income' missing"),
        ("day.parquet", ("--out", "nowhere/x"), "cannot be written there"),
        ("day.parquet", ("--out", "x", "--add", "day.parquet"), "is no profile"),
        ("day.parquet", ("--out", "x", "--add", "none"), "none: cannot be read"),
        ("day.parquet", ("--out", "x", "--master", "local[1]"), "only Spark has a master"),
    ],
)
def test_bad_input_is_one_message_and_writes_nothing(
    terminal: Terminal, inside: Path, data: str, more: tuple[str, ...], message: str
) -> None:
    pq.write_table(RAW.slice(0, 0), inside / "empty.parquet")
    pq.write_table(replaced(RAW, "score", [7.0] * RAW.num_rows), inside / "wrong.parquet")
    pq.write_table(RAW.drop_columns(["income"]), inside / "narrow.parquet")
    before = sorted(inside.rglob("*"))
    code, out, err = ask(terminal, inside, data, *more)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert sorted(inside.rglob("*")) == before


def test_one_row_is_enough(terminal: Terminal, folder: Path) -> None:
    pq.write_table(RAW.slice(0, 1), folder / "one.parquet")
    code, out, _ = ask(terminal, folder, "one.parquet")
    assert code == 0
    assert out.startswith("1 row counted")
    assert (folder / "out.profile").read_bytes() == expected(RAW.slice(0, 1))

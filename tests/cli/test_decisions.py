"""Files of decisions, as commands without a server read them."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.profile.rows import LENDING, spec_of, table
from tocsin.base.errors import BadInput
from tocsin.cli.decisions import read, told_of, usable, written

SPEC = spec_of(table(500, 1))


def test_a_file_is_read_and_its_unusable_rows_are_told_of(tmp_path: Path) -> None:
    path = tmp_path / "day.parquet"
    raw = table(50, 2)
    pq.write_table(raw, path)
    rows, left_out = usable(read(path, LENDING), SPEC, LENDING, path)
    assert (rows.num_rows, left_out) == (50, None)
    odd = raw.set_column(1, "at", raw["at"].cast("string"))
    odd = odd.slice(0, 1).set_column(1, "at", [["soon"]]).select(raw.column_names)
    with pytest.raises(BadInput, match=r"day.parquet: no row can be used.*1 of 1 rows left out"):
        usable(odd, SPEC, LENDING, path)


def test_a_repeated_id_counts_and_the_future_is_not_early(tmp_path: Path) -> None:
    raw = table(10, 3, start=table(1, 1)["at"][0].as_py().replace(year=2060))
    raw = raw.set_column(0, "id", [["same"] * 10])
    assert usable(raw, SPEC, LENDING, tmp_path)[0].num_rows == 10


def test_a_fault_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"lost.parquet"):
        read(tmp_path / "lost.parquet", LENDING)
    with pytest.raises(BadInput, match=r"^here: what"), told_of(Path("here")):
        raise BadInput("what", do="do")


def test_a_report_is_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written("said\n", None)
    assert capsys.readouterr().out == "said\n"
    written("said\n", tmp_path / "said.txt")
    assert (tmp_path / "said.txt").read_text() == "said\n"
    with pytest.raises(BadInput, match="cannot be written"):
        written("said\n", tmp_path / "none" / "said.txt")

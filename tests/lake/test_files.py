"""Single files are read whole, or refused with one message."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tocsin.base.errors import BadInput
from tocsin.lake.files import read_table, sha256_of

TABLE = pa.table({"a": [1, 2], "b": ["x", "y"]})


def test_parquet_and_csv_hold_the_same(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_text("a,b\n1,x\n2,y\n")
    assert read_table(tmp_path / "t.parquet") == TABLE == read_table(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.parquet", b"", "the file is empty"),
        ("t.parquet", b"PAR1 this is no such thing PAR1", "cannot be read"),
        ("t.csv", b"a,b\n", "no rows"),
        ("t.csv", b"a,b\n1\n2,3,4\n", "cannot be read"),
        ("t.xlsx", b"PK", ".xlsx ending is not known"),
    ],
)
def test_a_bad_file_is_one_error(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=message) as caught:
        read_table(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_table(tmp_path / "none.parquet")


def test_a_cut_off_parquet_is_refused(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(whole[:-9])
    with pytest.raises(BadInput, match="cannot be read"):
        read_table(tmp_path / "t.parquet")


def test_the_hash_is_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert sha256_of(tmp_path / "f").startswith("ba7816bf")

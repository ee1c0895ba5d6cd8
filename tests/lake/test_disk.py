from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake.exceptions import DeltaError

from tests.lake.rows import predictions
from tocsin.base.errors import Unavailable



def test_a_written_file_has_the_size_that_is_returned(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    assert write_parquet(path, predictions(["a"])) == path.stat().st_size
    assert pq.read_table(path).num_rows == 1


def test_a_file_that_exists_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(path, predictions(["a"]))
    with pytest.raises(FileExistsError):
        write_parquet(path, predictions(["b"]))


def test_folders_are_made_with_their_parents(tmp_path: Path) -> None:
    make_folders(tmp_path / "a" / "b")
    make_folders(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (DeltaError("Generic error\n caused by: No space left on device (os error 28)"), "is full"),
        (OSError("wrapped: Permission denied"), "permission denied"),
        (pa.ArrowInvalid("odd bytes\nmore"), "odd bytes"),
    ],
)
def test_what_the_libraries_raise_becomes_advice(fault: Exception, advice: str) -> None:
    with pytest.raises(Unavailable, match=advice), refusing(Path("lake")):
        raise fault

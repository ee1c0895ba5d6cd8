import errno
import multiprocessing
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from typing_extensions import override

from tests.contracts.shelf import ShelfContract
from tests.lake.rows import START, predictions
from tocsin.base.errors import Unavailable
from tocsin.lake.delta import Lake
from tocsin.lake.disk import Disk
from tocsin.lake.tend import clean


class TestDisk(ShelfContract):
    @override
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Callable[[], Disk]:
        return lambda: Disk(str(tmp_path / "lake"))


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (OSError(errno.ENOSPC, "wrapped"), "is full"),
        (OSError("wrapped: Permission denied"), "permission denied"),
        (pa.ArrowInvalid("odd bytes\nmore"), "odd bytes"),
    ],
)
def test_what_the_libraries_raise_becomes_advice(
    tmp_path: Path, fault: Exception, advice: str
) -> None:
    with pytest.raises(Unavailable, match=advice), Disk(str(tmp_path)).refusing("t"):
        raise fault


@pytest.mark.parametrize("act", ["put", "claim"])
def test_a_file_that_could_not_be_flushed_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    disk = Disk(str(tmp_path))

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, "no")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="no"):
            getattr(disk, act)("a", b"bytes")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one megabyte."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount one")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.real
def test_a_disk_that_is_really_full_refuses_everything_and_loses_nothing(small: Path) -> None:
    lake = Lake(str(small / "lake"))
    for k in range(20):
        lake.append("s", "predictions", predictions([str(k)]))
    table = lake.table("s", "predictions")
    _, files = table.files()
    with pytest.raises(OSError, match="space"):
        fill(small / "filler")
    for act in (
        lambda: lake.append("s", "predictions", predictions(["x"])),
        lambda: table.rewrite(files, lambda rows: rows),
        lambda: table.checkpoint(after=1, forget_before=START),
        lake.check_writable,
    ):
        with pytest.raises(Unavailable, match="the disk is full; free some space"):
            act()
    ids = sorted(map(str, lake.scan("s", "predictions")["id"].to_pylist()))
    assert ids == sorted(str(k) for k in range(20))
    assert list((small / "lake").rglob("*.draft")) == []
    (small / "filler").unlink()
    lake.append("s", "predictions", predictions(["x"]))
    table.replace([table.rewrite(files, lambda rows: rows)], START, fresh=False)
    table.checkpoint(after=1, forget_before=START)
    clean(table, START)
    anew = Lake(str(small / "lake")).scan("s", "predictions")["id"].to_pylist()
    assert sorted(map(str, anew)) == sorted([*ids, "x"])


@pytest.mark.real
def test_an_account_that_may_not_write_there_is_told_so(open_to_all: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    lake = Lake(str(open_to_all / "lake"))
    lake.append("s", "predictions", predictions(["a"]))
    process = multiprocessing.get_context("spawn").Process(
        target=as_nobody, args=(str(open_to_all / "lake"),)
    )
    process.start()
    process.join(300)
    assert process.exitcode == 0
    lake.append("s", "predictions", predictions(["b"]))
    assert lake.scan("s", "predictions").num_rows == 2


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """Give a folder that others can reach, as `tmp_path` is not: each worker's lies deeper."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def fill(path: Path) -> None:
    """Write until nothing fits any more."""
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def as_nobody(root: str) -> None:
    """Read, and fail to write, as an account without rights."""
    assert predictions(["a"])["at"][0].as_py() == START  # loads what nobody may read later
    os.setgid(65534)
    os.setuid(65534)
    lake = Lake(root)
    assert lake.scan("s", "predictions").num_rows == 1
    table = lake.table("s", "predictions")
    for act in (
        lambda: lake.append("s", "predictions", predictions(["x"])),
        lambda: table.checkpoint(after=1, forget_before=START),
        lambda: table.vacuum(START, strays=True) or lake.check_writable(),
    ):
        with pytest.raises(Unavailable, match="permission denied; let the server's user write"):
            act()

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from typing_extensions import override

from tests.contracts.shelf import ShelfContract
from tocsin.base.errors import Unavailable
from tocsin.lake.disk import Disk


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

"""The disk under the lake: writing so that it stays written, and saying what went wrong.

A file is durable when its bytes and the folder entry that names it have both been flushed.
"""

import errno
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.exceptions import DeltaError

from tocsin.base.errors import Unavailable

_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; raise it or free some space",
    errno.EACCES: "permission denied; let the server's user write there",
    errno.EPERM: "permission denied; let the server's user write there",
    errno.EROFS: "the disk is read-only; mount it for writing",
    errno.EIO: "the disk reports an input/output error; check it",
    errno.EMFILE: "too many open files; raise the limit",
}


def write_parquet(path: Path, table: pa.Table) -> int:
    """Write `table` to a new file, flush it and its folder entry, and return its size in bytes.

    A file that could not be finished is removed.  Only words that repeat are worth a dictionary:
    numbers and ids written plainly take half the time and less space.
    """
    fields = cast("Iterable[Any]", table.schema)
    words: Any = [f.name for f in fields if pa.types.is_string(f.type) and f.name != "id"]
    try:
        with path.open("xb") as file:
            pq.write_table(
                table, file, compression="zstd", compression_level=1, use_dictionary=words
            )
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    flush(path.parent)
    return size


def flush(path: Path) -> None:
    """Flush a file or a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folders(path: Path) -> None:
    """Make a folder and its parents, and flush the entry of each new one."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        flush(folder.parent)


@contextmanager
def refusing(where: Path) -> Generator[None]:
    """Turn what the disk or the table library raises into `Unavailable` with advice."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0) or _guess(str(error))
        raise Unavailable(f"the table at {where} cannot be used: {advice}") from error
    except (DeltaError, pa.ArrowException) as error:
        raise Unavailable(
            f"predictions cannot be stored at {where}: {_guess(str(error))}"
        ) from error


def _guess(text: str) -> str:
    """The table library wraps the disk's own words in many lines of its own."""
    lowered = text.lower()
    for code in (errno.ENOSPC, errno.EACCES, errno.EROFS):
        if os.strerror(code).lower() in lowered:
            return _ADVICE[code]
    return (text.splitlines() or ["unknown error"])[0][:200]

"""A shelf on a local disk: writing so that it stays written, and saying what went wrong.

A file is durable when its bytes and the folder entry that names it have both been flushed.  It is
written under a name that no reader looks at, flushed, and then renamed (`put`) or linked (`claim`;
a link fails if the name is taken), so that nobody ever sees half a file.
"""

import errno
import os
import uuid
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.fs as pafs

from tocsin.base.errors import Unavailable
from tocsin.lake.shelf import Bytes, Item

DRAFT: Final = ".draft"
"""How the names of unfinished files end; they begin with a dot."""
_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; raise it or free some space",
    errno.EFBIG: "the file would be larger than this process may write; raise its limit",
    errno.EACCES: "permission denied; let the server's user write there",
    errno.EPERM: "permission denied; let the server's user write there",
    errno.EROFS: "the disk is read-only; mount it for writing",
    errno.EIO: "the disk reports an input/output error; check it",
    errno.EMFILE: "too many open files; raise the limit",
}


class Disk:
    """A `Shelf` in one folder, which is made when something is first put there."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)
        self.files: pafs.FileSystem = pafs.LocalFileSystem()

    def put(self, name: str, content: Bytes) -> None:
        """See `Shelf.put`."""
        path = self._root / name
        draft = _draft(path, content)
        try:
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        try:
            flush(path.parent)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def claim(self, name: str, content: Bytes) -> bool:
        """See `Shelf.claim`."""
        path = self._root / name
        draft = _draft(path, content)
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        finally:
            draft.unlink(missing_ok=True)
        flush(path.parent)
        return True

    def read(self, name: str) -> bytes | None:
        """See `Shelf.read`."""
        try:
            return (self._root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def has(self, name: str) -> bool:
        """See `Shelf.has`."""
        return (self._root / name).exists()

    def items(self, folder: str) -> list[Item]:
        """See `Shelf.items`."""
        found: list[Item] = []
        try:
            with os.scandir(self._root / folder) as entries:
                for entry in entries:
                    try:
                        stat = entry.stat()
                    except FileNotFoundError:  # removed while we look
                        continue
                    if entry.is_file():
                        name = f"{folder}/{entry.name}" if folder else entry.name
                        found.append(Item(name, stat.st_size, stat.st_mtime_ns // 1_000_000))
        except FileNotFoundError:
            return []
        return sorted(found)

    def delete(self, names: Iterable[str]) -> None:
        """See `Shelf.delete`."""
        folders: set[Path] = set()
        for name in names:
            path = self._root / name
            path.unlink(missing_ok=True)
            folders.add(path.parent)
        for folder in folders:
            if folder.exists():
                flush(folder)

    def path(self, name: str) -> str:
        """See `Shelf.path`."""
        return str(self._root / name)

    @contextmanager
    def refusing(self, where: str) -> Generator[None]:
        """See `Shelf.refusing`."""
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            advice = _ADVICE.get(getattr(error, "errno", None) or 0) or _guess(str(error))
            place = self._root / where
            raise Unavailable(f"the lake at {place} cannot be used: {advice}") from error


def flush(path: Path) -> None:
    """Flush a file or a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _draft(path: Path, content: Bytes) -> Path:
    """Write a flushed file beside `path` and return where; remove it if that fails."""
    draft = path.parent / f".{uuid.uuid4().hex}{DRAFT}"
    try:
        file = draft.open("xb")
    except FileNotFoundError:
        _make_folders(path.parent)
        file = draft.open("xb")
    try:
        with file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _make_folders(path: Path) -> None:
    """Make a folder and its parents, and flush the entry of each new one."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        flush(folder.parent)


def _guess(text: str) -> str:
    """Return advice on a fault whose number a library left out."""
    lowered = text.lower()
    for code in (errno.ENOSPC, errno.EACCES, errno.EROFS):
        if os.strerror(code).lower() in lowered:
            return _ADVICE[code]
    return (text.splitlines() or ["unknown error"])[0][:200]

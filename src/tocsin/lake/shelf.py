"""A shelf: where the bytes of the lake rest, a folder on a disk or a prefix in an object store.

The lake asks for little: whole files that never change, one name that only one writer can take, and
the names that are there.  Whatever keeps these promises can hold the lake; `disk` and `objects` do,
and one suite of tests holds them to it.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import pyarrow as pa
import pyarrow.fs as pafs

Bytes: TypeAlias = bytes | pa.Buffer


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One file on a shelf; `made_at_ms` counts milliseconds from 1970."""

    name: str
    size_bytes: int
    made_at_ms: int


class Shelf(Protocol):
    """Holds files by name: text with `/` between folders.  Safe to use from several threads.

    Whatever a shelf raises inside `refusing` reaches the caller as `Unavailable`, with advice.
    """

    def put(self, name: str, content: Bytes) -> None:
        """Store `content` under `name`, durably, in place of what is there; all of it or nothing.

        Two writers never put the same name at the same time: names are random, or one holds a
        lease.
        """
        ...

    def claim(self, name: str, content: Bytes) -> bool:
        """Store `content` under `name`, durably, if nobody has taken it; return whether we did.

        Of any number of writers in any number of processes exactly one gets a name.
        """
        ...

    def read(self, name: str) -> bytes | None:
        """Return the content; None where there is no such file."""
        ...

    def has(self, name: str) -> bool:
        """Return whether there is such a file."""
        ...

    def items(self, folder: str) -> list[Item]:
        """Return the files directly in `folder`, by name; empty where there is no such folder."""
        ...

    def delete(self, names: Iterable[str]) -> None:
        """Remove files; one that is gone already is as good."""
        ...

    @property
    def files(self) -> pafs.FileSystem:
        """How Arrow reads parts of these files, by `path`."""
        ...

    def path(self, name: str) -> str:
        """Return what `files` calls the file."""
        ...

    def refusing(self, where: str) -> AbstractContextManager[None]:
        """Turn what the disk, the network or Arrow raises inside into `Unavailable` with advice."""
        ...

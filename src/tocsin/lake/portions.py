"""Portions: stretches of files at rest that can be read apart, on any machine that sees the file.

A Parquet file is read by row groups, a batch at a time, so that memory does not grow with the rows;
a CSV file is read whole.  Every engine reads them so, and sees the same rows.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from tocsin.base.errors import BadInput
from tocsin.lake.columns import asked, needed
from tocsin.lake.files import read_csv, told

ROWS_AT_ONCE = 1 << 17
_GONE = "check the path; on Spark, every executor must see the file there"


@dataclass(frozen=True, slots=True)
class Constant:
    """A column that a file lacks: its folder tells its one value, or the file is older than it."""

    name: str
    value: str | int | float | bool | None
    kind: pa.DataType


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows of one file.

    `groups` are row groups of a Parquet file; None is the whole of a CSV file, whose `rows` are
    not known (0).  `files` is where the path leads; None is this machine's disk.  With `like` the
    rows are in the lake's form and come with exactly its types (see `columns`).
    """

    path: str
    rows: int
    groups: tuple[int, ...] | None = None
    constants: tuple[Constant, ...] = ()
    files: pafs.FileSystem | None = None
    like: pa.Schema | None = None

    def read(self, columns: Collection[str]) -> Iterator[pa.Table]:
        """Yield the rows in handy tables; texts of a Parquet file may come dictionary-encoded.

        Args:
            columns: names that are wanted; those that are not there are left out.

        Raises:
            BadInput: the file is gone, may not be read, or is damaged.
        """
        with told(self.path, _GONE):
            if self.groups is None:
                tables = _csv(self.path, columns)
            elif self.like is None:
                tables = _row_groups(self, self.groups, columns)
            else:
                tables = _alike(self, self.groups, self.like, columns)
            for table in tables:
                yield _with_constants(table, self.constants, columns)


def _csv(path: str, columns: Collection[str]) -> Iterator[pa.Table]:
    table = read_csv(path)
    yield table.select([name for name in table.column_names if name in columns])


def _row_groups(
    portion: Portion, groups: tuple[int, ...], columns: Collection[str], *, plain: bool = False
) -> Iterator[pa.Table]:
    with pq.ParquetFile(portion.path, filesystem=portion.files) as file:
        schema, metadata = file.schema_arrow, file.metadata
    # texts are counted by their distinct values: read them as the file stores them
    texts = [f.name for f in cast("Iterable[Any]", schema) if pa.types.is_string(f.type)]
    words = [] if plain else texts
    with pq.ParquetFile(
        portion.path, metadata=metadata, filesystem=portion.files, read_dictionary=words
    ) as file:
        wanted = [name for name in schema.names if name in columns]
        if len(set(wanted)) != len(wanted):
            name = next(name for name in wanted if wanted.count(name) > 1)
            raise BadInput(
                f"column {name!r} stands twice", where=portion.path, do="rename one of them"
            )
        large = portion.rows >= len(groups) * ROWS_AT_ONCE // 4  # then no batch need be stitched
        for some in ([group] for group in groups) if large else [list(groups)]:
            # one thread: an engine reads as many portions at a time as there are cores
            for batch in file.iter_batches(
                ROWS_AT_ONCE, row_groups=some, columns=wanted, use_threads=False
            ):
                yield pa.Table.from_batches([batch])


def _alike(
    portion: Portion, groups: tuple[int, ...], like: pa.Schema, columns: Collection[str]
) -> Iterator[pa.Table]:
    fields = [field for field in cast("Iterable[Any]", like) if field.name in columns]
    want = pa.schema(fields)
    with pq.ParquetFile(portion.path, filesystem=portion.files) as file:
        names = needed(file.schema_arrow, want)
    for rows in _row_groups(portion, groups, names, plain=True):
        yield asked(rows, want)


def _with_constants(
    table: pa.Table, constants: tuple[Constant, ...], columns: Collection[str]
) -> pa.Table:
    for constant in constants:
        if constant.name in columns and constant.name not in table.column_names:
            one = cast("pa.Array[Any]", pa.array([constant.value], constant.kind))
            column = one.take(pa.array([0] * table.num_rows, pa.int64()))
            table = table.append_column(constant.name, column)
    return table

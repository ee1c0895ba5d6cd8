"""Listing: which portions a path holds: one file, a folder of Parquet files, or a Delta table.

Only footers and logs are read here.  A Delta table is its live files, as its log tells them; files
older than a column hold null there.  In a folder, `name=value` folders are columns, as Spark and
Hive write them, and what begins with `_` or `.` is no data.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias, cast
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from tocsin.base.errors import BadInput
from tocsin.lake.files import is_csv, read_csv, told
from tocsin.lake.portions import Constant, Portion

ROWS_A_PORTION = 1 << 17
"""Row groups are put together up to so many rows."""
_HARMLESS = frozenset({"timestampNtz", "v2Checkpoint", "vacuumProtocolCheck", "typeWidening"})
"""Delta features that leave the rows of a data file what they are."""

_UNKNOWN = "__HIVE_DEFAULT_PARTITION__"
_Constants: TypeAlias = Mapping[str, Constant]


@dataclass(frozen=True, slots=True)
class Listing:
    """What rests at a path: the columns of all its files, and its portions in a fixed order."""

    path: str
    columns: tuple[str, ...]
    portions: tuple[Portion, ...]

    @property
    def rows(self) -> int:
        """How many rows there are; those of CSV files are not known before they are read."""
        return sum(portion.rows for portion in self.portions)

    def like(self, schema: pa.Schema) -> "Listing":
        """Return the same rows, which are in the lake's form, with the types of `schema`."""
        portions = (replace(portion, like=schema) for portion in self.portions)
        return replace(self, portions=tuple(portions))


def listing(path: Path) -> Listing:
    """Return what rests at `path`.

    Raises:
        BadInput: nothing is there, it may not be read, or it is none of the three.
    """
    with told(str(path)):
        if not path.is_dir():
            return _file(path)
        if (path / "_delta_log").is_dir():
            return _delta(path)
        return _folder(path)


def parquet_listing(
    path: str, files: Iterable[str], where: pafs.FileSystem | None = None
) -> Listing:
    """Return the portions of Parquet files that belong together; columns one lacks are null.

    Args:
        path: what they are together.
        files: their paths.
        where: where the paths lead; None: this machine's disk.

    Raises:
        BadInput: a file is gone or damaged.
    """
    return _listing(path, [(file, {}) for file in files], {}, where)


def _file(path: Path) -> Listing:
    if path.stat().st_size == 0:
        raise BadInput("the file is empty", where=str(path), do="give a file with rows")
    if is_csv(path):
        columns = read_csv(str(path)).column_names
        return Listing(str(path), tuple(columns), (Portion(str(path), 0),))
    return parquet_listing(str(path), [str(path)])


def _folder(path: Path) -> Listing:
    files: list[tuple[str, dict[str, str | None]]] = []
    for file in sorted(path.rglob("*")):
        within = file.relative_to(path).parts
        hidden = any(part.startswith(("_", ".")) for part in within)
        if not hidden and file.is_file() and file.suffix.lower() in {".parquet", ".pq"}:
            files.append((str(file), _told_by(within[:-1])))
    if not files:
        raise BadInput(
            "no Parquet file in this folder", where=str(path), do="give the folder that holds them"
        )
    texts = {name for _, told_by in files for name, text in told_by.items() if not _whole(text)}
    return _listing(
        str(path),
        [
            (file, {name: _constant(name, text, name in texts) for name, text in told_by.items()})
            for file, told_by in files
        ],
        {},
    )


def _told_by(folders: Iterable[str]) -> dict[str, str | None]:
    """Return the columns that `name=value` folders tell."""
    pairs = (folder.partition("=") for folder in folders if "=" in folder)
    return {name: None if value == _UNKNOWN else unquote(value) for name, _, value in pairs}


def _whole(text: str | None) -> bool:
    return text is None or (text.isascii() and text.removeprefix("-").isdecimal())


def _constant(name: str, text: str | None, is_text: bool) -> Constant:
    """Return the column of one folder: a whole number, unless another folder of its name is not."""
    if is_text or text is None:
        return Constant(name, text, pa.string() if is_text else pa.int64())
    return Constant(name, int(text), pa.int64())


def _delta(path: Path) -> Listing:
    where = str(path)
    try:
        table = DeltaTable(where)
        rows = pa.table(cast("Any", table.get_add_actions(flatten=True))).to_pylist()
        schema = pa.schema(cast("Any", table.schema().to_arrow()))
    except DeltaError as error:
        first = str(error).partition("\n")[0]
        raise BadInput(
            f"is no readable Delta table: {first}", where=where, do="check the folder"
        ) from None
    unread = set(table.protocol().reader_features or ()) - _HARMLESS
    if unread:
        raise BadInput(
            f"the table uses {', '.join(sorted(unread))}, which is not read here",
            where=where,
            do="write its rows anew as plain Parquet",
        )
    kinds = {field.name: field.type for field in cast("Iterable[Any]", schema)}
    partitions = table.metadata().partition_columns
    files = [
        (
            str(path / unquote(row["path"])),
            {n: Constant(n, row[f"partition.{n}"], kinds[n]) for n in partitions},
        )
        for row in sorted(rows, key=lambda row: row["path"])
    ]
    return _listing(where, files, kinds)


def _listing(
    path: str,
    files: Iterable[tuple[str, _Constants]],
    declared: Mapping[str, pa.DataType],
    where: pafs.FileSystem | None = None,
) -> Listing:
    """Return portions of files; `declared` are columns that every file is to have."""
    footers: list[tuple[str, _Constants, pq.FileMetaData, set[str]]] = []
    columns = dict(declared)
    for file, constants in files:
        with told(file), pq.ParquetFile(file, filesystem=where) as opened:
            footer, schema = opened.metadata, opened.schema_arrow
        kinds = {field.name: field.type for field in cast("Iterable[Any]", schema)}
        columns = kinds | {name: one.kind for name, one in constants.items()} | columns
        footers.append((file, constants, footer, set(kinds)))
    portions: list[Portion] = []
    for file, constants, footer, have in footers:
        lacking = tuple(
            constants.get(name, Constant(name, None, kind))
            for name, kind in columns.items()
            if name not in have
        )
        portions += [
            Portion(file, rows, groups, lacking, where) for groups, rows in _groups(footer)
        ]
    return Listing(path, tuple(columns), tuple(portions))


def _groups(footer: pq.FileMetaData) -> list[tuple[tuple[int, ...], int]]:
    """Return row groups put together, with their rows; empty ones are left out."""
    together: list[tuple[tuple[int, ...], int]] = []
    for number in range(footer.num_row_groups):
        rows = footer.row_group(number).num_rows
        if not rows:
            continue
        if together and together[-1][1] + rows <= ROWS_A_PORTION:
            groups, so_far = together[-1]
            together[-1] = ((*groups, number), so_far + rows)
        else:
            together.append(((number,), rows))
    return together

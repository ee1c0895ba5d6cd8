"""Tables at rest in single files: Parquet and CSV."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tocsin.base.errors import BadInput
from tocsin.ingest import feast
from tocsin.ingest.tabular import TEXT_CELLS

_READABLE = "give a Parquet file (.parquet) or a CSV file with a header (.csv)"


def read_table(path: Path) -> pa.Table:
    """Return the whole file as one table; the ending of its name tells the format.

    A feature store's log in Parquet comes under plain names, see `feast`.

    Raises:
        BadInput: no such file, not readable, empty, or not what its ending says.
    """
    where = str(path)
    with told(where):
        if path.stat().st_size == 0:
            raise BadInput("the file is empty", where=where, do=_READABLE)
        table = read_csv(where) if is_csv(path) else feast.read_log(pq.read_table(path))
    if table.num_rows == 0:
        raise BadInput("the file has no rows", where=where, do="give at least one row")
    return table


def is_csv(path: Path) -> bool:
    """Return whether a name ends like a CSV file's rather than a Parquet file's.

    Raises:
        BadInput: it ends like neither.
    """
    if path.suffix.lower() in {".csv", ".gz"}:
        return True
    if path.suffix.lower() in {".parquet", ".pq"}:
        return False
    raise BadInput(f"{path.suffix or 'no'} ending is not known", where=str(path), do=_READABLE)


def read_csv(path: str) -> pa.Table:
    """Return a CSV file's rows, marked as text cells."""
    return pacsv.read_csv(path).replace_schema_metadata({TEXT_CELLS: b"csv"})


@contextmanager
def told(where: str, gone: str = "check the path") -> Generator[None]:
    """Turn what the disk or the file's format raises into a `BadInput` that names the file.

    Args:
        where: the file.
        gone: what to do if it is not there.
    """
    try:
        yield
    except FileNotFoundError:
        raise BadInput("no such file", where=where, do=gone) from None
    except PermissionError:
        raise BadInput("may not be read", where=where, do="check its permissions") from None
    except (pa.ArrowInvalid, pa.ArrowIOError, OSError) as error:
        first = str(error).partition("\n")[0]
        raise BadInput(f"cannot be read: {first}", where=where, do=_READABLE) from None


def sha256_of(path: Path) -> str:
    """Return the hash of the file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

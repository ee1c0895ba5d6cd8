"""Tables at rest in single files: Parquet and CSV."""

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tocsin.base.errors import BadInput
from tocsin.ingest.tabular import TEXT_CELLS

_READABLE = "give a Parquet file (.parquet) or a CSV file with a header (.csv)"


def read_table(path: Path) -> pa.Table:
    """Return the whole file as one table; the ending of its name tells the format.

    Raises:
        BadInput: no such file, not readable, empty, or not what its ending says.
    """
    where = str(path)
    try:
        if path.stat().st_size == 0:
            raise BadInput("the file is empty", where=where, do=_READABLE)
        if path.suffix.lower() in {".csv", ".gz"}:
            table = pacsv.read_csv(path).replace_schema_metadata({TEXT_CELLS: b"csv"})
        elif path.suffix.lower() in {".parquet", ".pq"}:
            table = pq.read_table(path)
        else:
            raise BadInput(f"{path.suffix or 'no'} ending is not known", where=where, do=_READABLE)
    except FileNotFoundError:
        raise BadInput("no such file", where=where, do="check the path") from None
    except PermissionError:
        raise BadInput("may not be read", where=where, do="check its permissions") from None
    except (pa.ArrowInvalid, pa.ArrowIOError, OSError) as error:
        first = str(error).partition("\n")[0]
        raise BadInput(f"cannot be read: {first}", where=where, do=_READABLE) from None
    if table.num_rows == 0:
        raise BadInput("the file has no rows", where=where, do="give at least one row")
    return table


def sha256_of(path: Path) -> str:
    """Return the hash of the file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

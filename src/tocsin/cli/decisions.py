"""Files of decisions at rest, as commands without a server read them."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.base.errors import BadInput

if TYPE_CHECKING:
    import pyarrow as pa

    from tocsin.ingest.system import System
    from tocsin.profile.spec import Spec


def read(path: Path, system: "System") -> "pa.Table":
    """Return a file's rows under the user's own names; of a ranking, a row for each request.

    Raises:
        BadInput: it cannot be read.
    """
    from tocsin.ingest.requests import requests  # noqa: PLC0415 - heavy
    from tocsin.lake.files import read_table  # noqa: PLC0415 - heavy

    with told_of(path):
        return requests(read_table(path), system)


def usable(
    table: "pa.Table", spec: "Spec", system: "System", path: Path
) -> tuple["pa.Table", str | None]:
    """Return the usable rows of a file in the lake's schema, and a sentence on those left out.

    Raises:
        BadInput: a column is missing, or no row can be used.
    """
    from tocsin.ingest.tabular import from_table  # noqa: PLC0415 - heavy

    # a file at rest is not early: its times may lie in what this machine's clock calls the future
    received_at = datetime.now(UTC)
    if system.columns.time is not None:
        received_at += timedelta(days=36500)
    # a repeated id counts like any other row, as in `tocsin profile`: repeats are a finding
    nameless = replace(system, columns=replace(system.columns, id=None))
    with told_of(path):
        accepted = from_table(table, spec.schema, nameless, received_at)
    if not accepted.rejected:
        return accepted.table, None
    first = accepted.rejected[0]
    told = (
        f"{path}: {len(accepted.rejected):,} of {table.num_rows:,} rows left out;"
        f" row {first.row}: {first.field}: {first.reason}"
    )
    if accepted.table.num_rows == 0:
        raise BadInput("no row can be used", where=str(path), do=told)
    return accepted.table, told


@contextmanager
def told_of(path: Path) -> Generator[None]:
    """Name the file in an error that does not know where its table came from."""
    try:
        yield
    except BadInput as error:
        raise BadInput(error.what, where=str(path), do=error.do) from None


def written(text: str, out: Path | None) -> None:
    """Print `text`, or write it to `out`.

    Raises:
        BadInput: it cannot be written there.
    """
    if out is None:
        print(text, end="")
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"cannot be written ({error.strerror})"
        raise BadInput(what, where=str(out), do="check --out") from None

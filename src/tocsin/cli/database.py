"""The options by which commands find the server's database."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.wiring import wiring_of

if TYPE_CHECKING:
    from tocsin.store.unit import Database

DataDir = Annotated[Path, typer.Option("--data-dir", help="Data directory of the server.")]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database", envvar="TOCSIN_DATABASE", help="Database URL; default: the data directory's."
    ),
]


@contextmanager
def opened(context: typer.Context, data_dir: Path, url: str | None) -> "Generator[Database]":
    """Yield the database and close it.

    Raises:
        BadInput: there is none.
        Unavailable: it cannot be reached.
    """
    database = wiring_of(context).open_database(data_dir, url)
    try:
        yield database
    finally:
        database.close()

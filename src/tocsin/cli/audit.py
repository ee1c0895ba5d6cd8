"""`tocsin audit`: is the log of who did what whole, and a copy of it for elsewhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.base.errors import BadInput
from tocsin.cli.database import DatabaseUrl, DataDir, opened

if TYPE_CHECKING:
    import sqlalchemy as sa

audit = typer.Typer(
    help="Verify and export the audit log.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
AT_ONCE = 5000


@audit.command()
def verify(
    context: typer.Context,
    seal: Annotated[
        str | None, typer.Option(help="A hash kept elsewhere that must be in the chain.")
    ] = None,
    data_dir: DataDir = Path("tocsin-data"),
    database: DatabaseUrl = None,
) -> None:
    """Check every row and every timeline against the chain; exit 1 if anything was altered."""
    from tocsin.store import audit as log  # noqa: PLC0415 - loads the database's libraries
    from tocsin.store import incidents  # noqa: PLC0415 - the same

    with opened(context, data_dir, database) as records, records.reading() as conn:
        problems = [*log.verify(conn), *incidents.altered(conn)]
        seq, link = log.head(conn)
        if seal is not None and all(row["hash"] != seal for row in _rows(conn)):
            problems.append("the seal is not in the chain: it was replaced after the seal was made")
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    print(f"whole: {seq} rows\nseal: {link}")


@audit.command()
def export(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="File to write; default: print.")] = None,
    data_dir: DataDir = Path("tocsin-data"),
    database: DatabaseUrl = None,
) -> None:
    """Export every row, oldest first, one JSON object a line."""
    with opened(context, data_dir, database) as records, records.reading() as conn:
        rows = list(_rows(conn))
    lines = (json.dumps(row, ensure_ascii=False, sort_keys=True) for row in reversed(rows))
    if out is None:
        for text in lines:
            print(text)
        return
    try:
        out.write_text("".join(f"{text}\n" for text in lines), encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"cannot be written: {error.strerror}", where=str(out), do="choose another file"
        ) from None
    print(f"{len(rows)} rows")


def _rows(conn: "sa.Connection") -> Iterator[dict[str, object]]:
    """Yield every row, newest first."""
    from tocsin.store import audit as log  # noqa: PLC0415 - loads the database's libraries

    before: int | None = None
    while page := log.recent(conn, AT_ONCE, before):
        for row in page:
            yield {
                "seq": row.seq,
                "at": row.act.at.isoformat(timespec="microseconds"),
                "actor": row.act.actor,
                "action": row.act.action,
                "subject": row.act.subject,
                "facts": dict(row.act.facts),
                "prev_hash": row.prev_hash,
                "hash": row.hash,
            }
        before = page[-1].seq

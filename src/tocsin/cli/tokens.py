"""`tocsin token`: API tokens and sign-in links, on the server's own database.

Whoever can open the database is an administrator already; no running server is needed.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.base.errors import BadInput
from tocsin.base.rights import SCOPES_OF, Role
from tocsin.cli.database import DatabaseUrl, DataDir, opened
from tocsin.cli.remote import LOCAL, columns

if TYPE_CHECKING:
    from tocsin.store.access import Token

SCOPES = ("ingest", "read", "respond", "command", "approve", "admin")
token = typer.Typer(
    help="Make, list and revoke API tokens; make sign-in links.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Scopes = Annotated[
    list[str] | None, typer.Option("--scope", help=f"Repeat for several: {', '.join(SCOPES)}.")
]
As = Annotated[Role | None, typer.Option("--role", help="Instead of scopes: what they are for.")]


@token.command()
def make(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Option(help="Who or what will use it.")],
    scope: Scopes = None,
    role: As = None,
    days: Annotated[int | None, typer.Option(help="Days until it ends.", min=1, max=3660)] = None,
    data_dir: DataDir = Path("tocsin-data"),
    database: DatabaseUrl = None,
) -> None:
    """Make a token and print it; it is told only once."""
    from tocsin.store import access  # noqa: PLC0415 - loads the database's libraries

    now = datetime.now(UTC)
    until = None if days is None else now + timedelta(days=days)
    with opened(context, data_dir, database) as records, records.unit(_who(), now) as unit:
        _made, secret = access.make_token(unit, _name(name), _known(scope, role), until)
    print(secret)


@token.command("list")
def list_(
    context: typer.Context,
    data_dir: DataDir = Path("tocsin-data"),
    database: DatabaseUrl = None,
) -> None:
    """List tokens, without their secrets."""
    from tocsin.store import access  # noqa: PLC0415 - loads the database's libraries

    now = datetime.now(UTC)
    with opened(context, data_dir, database) as records, records.reading() as conn:
        found = access.tokens(conn)
    if not found:
        print("no tokens")
        return
    print(columns([_line(one, now) for one in found]))


@token.command()
def revoke(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(help="Its id, as `tocsin token list` shows it.")],
    data_dir: DataDir = Path("tocsin-data"),
    database: DatabaseUrl = None,
) -> None:
    """End a token for good."""
    from tocsin.store import access  # noqa: PLC0415 - loads the database's libraries

    now = datetime.now(UTC)
    with opened(context, data_dir, database) as records, records.unit(_who(), now) as unit:
        access.revoke(unit, token_id)
    print(f"{token_id} opens nothing any more")


@token.command()
def link(
    context: typer.Context,
    *,
    person: Annotated[str, typer.Option(help="Whose session it opens.")],
    scope: Scopes = None,
    role: As = None,
    minutes: Annotated[int, typer.Option(help="How long it waits.", min=1, max=10_080)] = 60,
    base_url: Annotated[str, typer.Option(help="Where people reach the server.")] = LOCAL,
    data_dir: DataDir = Path("tocsin-data"),
    database: DatabaseUrl = None,
) -> None:
    """Print a one-time link with which a person signs in."""
    from tocsin.store import access  # noqa: PLC0415 - loads the database's libraries

    now, lasts = datetime.now(UTC), timedelta(minutes=minutes)
    with opened(context, data_dir, database) as records, records.unit(_who(), now) as unit:
        secret = access.make_link(unit, _name(person), _known(scope, role), lasts)
    print(f"{base_url.rstrip('/')}/sign-in?link={secret}")


def _line(one: "Token", now: datetime) -> tuple[str, ...]:
    state = "valid" if one.valid(now) else "revoked" if one.revoked_at else "expired"
    used = f"used {one.last_used_at:%Y-%m-%d}" if one.last_used_at else "never used"
    return (one.id, one.name, " ".join(sorted(one.scopes)), state, used)


def _known(scopes: list[str] | None, role: Role | None) -> list[str]:
    if bool(scopes) == (role is not None):
        raise BadInput("neither scopes nor a role, or both", do="give --scope or --role")
    if role is not None or scopes is None:
        return sorted(SCOPES_OF[role]) if role is not None else []
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise BadInput(
            f"no scope is called {unknown[0]!r}", where="--scope", do=f"one of {', '.join(SCOPES)}"
        )
    return scopes


def _name(name: str) -> str:
    if not name.strip() or len(name) > 200:
        raise BadInput("give a name of 1 to 200 signs", where="--name")
    return name.strip()


def _who() -> str:
    """Return who runs the command, for the audit log."""
    return f"command line ({os.environ.get('USER') or os.environ.get('USERNAME') or 'unknown'})"

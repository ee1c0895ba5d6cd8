"""`tocsin incident role`, `leave`: who does what in an incident."""

from typing import Annotated

import typer

from tocsin.cli.remote import LOCAL, AsJson, Json, Token, Url, columns, printed, remote
from tocsin.cli.which import Which, line, path_of
from tocsin.incident.incident import Role

Chosen = Annotated[Role, typer.Option(help="Which role.")]


def role(
    which: Which,
    *,
    role: Chosen,
    to: Annotated[str, typer.Option(help="Who takes it.")],
    note: Annotated[str | None, typer.Option(help="What is handed over.")] = None,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Give a role to somebody, or hand it over."""
    order = {"role": role.value, "to": to} | ({"note": note} if note else {})
    with remote(url, token) as server:
        said(server.post(path_of(which, "roles"), order), as_json)


def leave(
    which: Which,
    *,
    role: Chosen,
    who: Annotated[str | None, typer.Option(help="Who leaves it; default: you.")] = None,
    note: Annotated[str | None, typer.Option(help="What is left behind.")] = None,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Leave a role; the deputy follows a commander who leaves."""
    order = {"role": role.value}
    order |= {key: value for key, value in (("who", who), ("note", note)) if value}
    with remote(url, token) as server:
        said(server.post(path_of(which, "roles/leave"), order), as_json)


def said(one: Json, as_json: bool) -> None:
    """Print an incident after a role changed, with everybody who holds one."""
    print(printed(one) if as_json else f"{columns([line(one)])}\n{roles_of(one)}")


def roles_of(one: Json) -> str:
    """Return who holds which role, in one line."""
    held = [f"{Role(each['role']).word} {each['person']}" for each in one["roles"]]
    return " · ".join([f"led by {one['commander'] or 'nobody yet'}", *held])

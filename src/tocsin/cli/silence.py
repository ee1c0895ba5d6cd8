"""`tocsin silence`: quiet about some alerts for a while, over the API of a running server."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

import typer

from tocsin.base.errors import BadInput
from tocsin.base.spans import parse_duration, parse_instant
from tocsin.cli.remote import LOCAL, AsJson, Json, Token, Url, columns, printed, remote

silence = typer.Typer(
    help="Silence alerts and announce maintenance; ask why nobody was called.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@silence.command()
def add(
    matchers: Annotated[
        list[str], typer.Argument(help="Which alerts: system=loans, region!=north, column=~in.*")
    ],
    *,
    reason: Annotated[str, typer.Option(help="Why.")],
    for_: Annotated[str | None, typer.Option("--for", help="How long, e.g. 2h.")] = None,
    to: Annotated[str | None, typer.Option(help="Until when, instead of --for.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="Since when; default: now.")] = None,
    maintenance: Annotated[
        str | None, typer.Option(help="Title that makes it a maintenance window.")
    ] = None,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Keep the alerts quiet that every matcher takes, at most 90 days."""
    starts_at = None if from_ is None else parse_instant(from_)
    order: dict[str, object] = {
        "matchers": matchers,
        "reason": reason,
        "ends_at": _end(starts_at, for_, to).isoformat(),
    }
    if starts_at is not None:
        order["starts_at"] = starts_at.isoformat()
    if maintenance is not None:
        order |= {"kind": "maintenance", "title": maintenance}
    with remote(url, token) as server:
        _said([server.post("/v1/silences", order)], as_json)


@silence.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """List silences, the next to end first."""
    with remote(url, token) as server:
        answer = server.get("/v1/silences", state="all" if every else "standing")
    if not answer["silences"] and not as_json:
        print("no silences")
    else:
        _said(answer["silences"], as_json)


@silence.command()
def expire(
    which: Annotated[str, typer.Argument(help="Its id, as `tocsin silence list` shows it.")],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """End a silence now; what still fires opens its incident."""
    with remote(url, token) as server:
        _said([server.post(f"/v1/silences/{_segment(which)}/expire")], as_json)


@silence.command()
def why(
    system: Annotated[str, typer.Argument(help="Whose alerts.")],
    last: Annotated[int, typer.Option(help="How many, the newest.", min=1, max=1000)] = 20,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Say why nobody was called: each alert that was kept quiet, and by what; newest first."""
    with remote(url, token) as server:
        answer = server.get(f"/v1/systems/{_segment(system)}/suppressed", limit=last)
    if as_json:
        print(printed(answer))
    elif not answer["suppressed"]:
        print(f"no alert of {system} was kept quiet")
    else:
        print(columns([_reason(one) for one in answer["suppressed"]]))


def _end(starts_at: datetime | None, for_: str | None, to: str | None) -> datetime:
    if (for_ is None) == (to is None):
        raise BadInput("give either --for or --to", where="--for", do="e.g. --for 2h")
    if to is not None:
        return parse_instant(to)
    return (starts_at or datetime.now(UTC)) + parse_duration(for_ or "")


def _said(found: list[Json], as_json: bool) -> None:
    print(printed(found) if as_json else columns([_line(one) for one in found]))


def _line(one: Json) -> tuple[str, ...]:
    span = f"{_minute(one['starts_at'])} to {_minute(one['ends_at'])}"
    who = f"{one['author']}: {one['title'] + ', ' if one['title'] else ''}{one['reason']}"
    return (one["id"], one["kind"], one["state"], span, " ".join(one["matchers"]), who)


def _reason(one: Json) -> tuple[str, ...]:
    since, over = (_minute(one[at] or "") or "now" for at in ("at", "over_at"))
    span = since if since == over else f"{since} to {over}"
    return (span, one["reason"], f"{one['what']}; {one['why']}" + _named(one["by"]))


def _named(by: str) -> str:
    return f" ({by})" if by else ""


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")


def _segment(text: str) -> str:
    if not text.strip() or text in (".", ".."):
        raise BadInput(f"{text!r} names nothing", do="give an id")
    return quote(text.strip(), safe="")

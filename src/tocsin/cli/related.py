"""`tocsin incident related|link|unlink|merge|split|alerts`: several incidents, from a terminal."""

from enum import StrEnum
from typing import Annotated

import typer

from tocsin.cli.remote import LOCAL, AsJson, Json, Token, Url, columns, printed, remote
from tocsin.cli.which import Which, path_of, segment


class Kind(StrEnum):
    """What one incident is to another."""

    RELATED = "related"
    DUPLICATE_OF = "duplicate_of"
    CAUSED_BY = "caused_by"


def related(which: Which, as_json: AsJson = False, url: Url = LOCAL, token: Token = "") -> None:
    """List what an incident is related to: links, merged ones, split ones."""
    with remote(url, token) as server:
        found = server.get(path_of(which, "related"))
    if as_json:
        print(printed(found))
    elif not found["related"]:
        print("related to nothing")
    else:
        rows = [
            (one["id"], one["says"], one["name"], one["state"], one["title"])
            for one in found["related"]
        ]
        print(columns(rows))


def alerts(which: Which, as_json: AsJson = False, url: Url = LOCAL, token: Token = "") -> None:
    """List the alerts of an incident by the names that `split` takes."""
    with remote(url, token) as server:
        found = server.get(path_of(which, "alerts"))
    if as_json:
        print(printed(found))
    elif not found["alerts"]:
        print("no alerts: a person declared it")
    else:
        print(columns([(one["fingerprint"], one["state"], one["says"]) for one in found["alerts"]]))


def link(
    *,
    which: Which,
    other: Annotated[str, typer.Argument(help="The other incident.")],
    kind: Annotated[Kind, typer.Option(help="What the first is to the other.")] = Kind.RELATED,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Link two incidents; both timelines tell it."""
    with remote(url, token) as server:
        order = {"other": other, "kind": kind.value}
        _said(server.post(path_of(which, "links"), order), as_json)


def unlink(
    which: Which,
    link: Annotated[str, typer.Argument(help="Id of the link, as `related` lists it.")],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Take a link back; both timelines tell it."""
    with remote(url, token) as server:
        _said(server.post(path_of(which, f"links/{segment(link)}/remove")), as_json)


def merge(
    *,
    which: Which,
    into: Annotated[str, typer.Option(help="The incident that goes on.")],
    why: Annotated[str, typer.Option(help="Why they are one.")] = "",
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Close an incident as merged into another, which takes its alerts and goes on paging."""
    with remote(url, token) as server:
        _said(server.post(path_of(which, "merge"), {"into": into, "why": why}), as_json)


def split(
    *,
    which: Which,
    alert: Annotated[
        list[str], typer.Option(help="An alert that leaves, as `alerts` lists it; several times.")
    ],
    title: Annotated[str, typer.Option(help="Of the new one; default: its gravest alert.")] = "",
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Move some alerts to a new incident."""
    with remote(url, token) as server:
        _said(server.post(path_of(which, "split"), {"alerts": alert, "title": title}), as_json)


def _said(one: Json, as_json: bool) -> None:
    line = (one["name"], one["severity"], one["state"], one["system"], one["title"])
    print(printed(one) if as_json else columns([line]))

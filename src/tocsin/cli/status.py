"""`tocsin status`: the status page, over the API of a running server."""

from typing import Annotated
from urllib.parse import quote

import typer

from tocsin.base.errors import BadInput
from tocsin.cli.remote import LOCAL, AsJson, Json, Token, Url, columns, printed, remote

status = typer.Typer(
    help="The status page: how it is, what the public is told, and forgetting people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@status.command()
def show(as_json: AsJson = False, url: Url = LOCAL, token: Token = "") -> None:
    """Show what the public sees, and how many are told."""
    with remote(url, token) as server:
        answer = server.get("/v1/status")
    if as_json:
        print(printed(answer))
        return
    print(answer["says"])
    print(columns([_row(one) for one in answer["components"]]))
    for one in answer["open"]:
        last = one["posts"][-1]
        print(f"\n{one['title']} ({last['stage']}, {last['at'][:16].replace('T', ' ')} UTC)")
        print(f"  {last['text']}")
    told = ", ".join(f"{number} by {way}" for way, number in answer["subscribers"].items())
    print(f"\nsubscribers: {told}")


@status.command()
def publish(
    incident: Annotated[str, typer.Argument(help="Its number or id, e.g. INC-42.")],
    *,
    text: Annotated[str, typer.Option(help="What the public reads.")],
    stage: Annotated[str, typer.Option(help="investigating, identified, monitoring, resolved.")],
    degraded: Annotated[
        bool, typer.Option("--degraded", help="People are served worse, not wrongly.")
    ] = False,
    title: Annotated[str, typer.Option(help="Of the first post; default: neutral words.")] = "",
    component: Annotated[
        list[str] | None, typer.Option(help="Key of a component; default: those it touches.")
    ] = None,
    whom: Annotated[str, typer.Option(help="Who is hit, in words for the public.")] = "",
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Publish an incident, or say what is new of it; the public reads it at once."""
    order = {
        "stage": stage,
        "text": text,
        "level": "degraded" if degraded else "affected",
        "title": title,
        "components": component or [],
        "whom": whom,
    }
    with remote(url, token) as server:
        answer = server.post(f"/v1/incidents/{_segment(incident)}/bulletins", order)
    print(printed(answer) if as_json else f"{answer['title']}: the public reads it now")


@status.command()
def forget(
    address: Annotated[
        str | None, typer.Option(help="Subscriber whose address is to be erased.")
    ] = None,
    complaint: Annotated[
        str | None, typer.Option(help="Reference of a complaint whose words are to be erased.")
    ] = None,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Erase a subscriber, or what a person wrote in a complaint."""
    if (address is None) == (complaint is None):
        raise BadInput("give either --address or --complaint", where="--address", do="name one")
    with remote(url, token) as server:
        if address is not None:
            answer = server.post("/v1/status/erasures", {"address": address})
        else:
            answer = server.post(f"/v1/complaints/{_segment(complaint or '')}/erase")
    print(f"forgotten: {answer['erased']}")


def _row(one: Json) -> tuple[str, ...]:
    up = one["uptime_90_days"]
    share = "no record" if up is None else f"{int(up * 10_000) / 100:.2f} %"
    return (one["title"], one["level"], share, ", ".join(one["systems"]))


def _segment(text: str) -> str:
    if not text.strip() or text in (".", ".."):
        raise BadInput(f"{text!r} names nothing", do="give an id")
    return quote(text.strip(), safe="")

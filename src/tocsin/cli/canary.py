"""`tocsin canary`: may a new version replace the one that serves, by a running server's counts."""

from typing import Annotated

import typer

from tocsin.cli.remote import LOCAL, AsJson, Json, Token, Url, columns, printed, remote

canary = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@canary.command()
def show(
    system: Annotated[str, typer.Argument(help="Which system.")],
    *,
    candidate: Annotated[
        str | None, typer.Option(help="Version under trial; default: the newest.")
    ] = None,
    champion: Annotated[
        str | None, typer.Option(help="Version it would replace; default: who decides most.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="From when on, ISO 8601; default: 14 days ago.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Safe comparisons too.")] = False,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Say promote, hold or abort, as often as you like; exit code 1 unless it is promote."""
    asked = {"candidate": candidate, "champion": champion, "since": since}
    with remote(url, token) as server:
        told = server.get(
            f"/v1/systems/{system}/canary", **{k: v for k, v in asked.items() if v is not None}
        )
    if as_json:
        print(printed(told))
    else:
        print(f"{told['call'].upper()}  {told['candidate']} beside {told['champion']}")
        print(f"{told['why']}\n")
        rows = [one for one in told["compared"] if every or one["answer"] != "safe"]
        if rows:
            print(columns([_row(one) for one in rows]))
        safe = sum(one["answer"] == "safe" for one in told["compared"])
        if safe and not every:
            print(f"{safe} comparisons are safe; --all shows them")
    if told["call"] != "promote":
        raise typer.Exit(1)


def _row(one: Json) -> tuple[str, ...]:
    return (one["answer"].upper(), "" if one["must"] else "small", one["text"])

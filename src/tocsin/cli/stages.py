"""`tocsin stages`: is every stage of the pipeline fresh, over the API of a running server."""

from datetime import datetime

import typer

from tocsin.cli.remote import LOCAL, AsJson, Json, Token, Url, columns, printed, remote

stages = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@stages.command()
def show(as_json: AsJson = False, url: Url = LOCAL, token: Token = "") -> None:
    """List every stage: fresh or stale, since when, why; exit code 1 if any is stale."""
    with remote(url, token) as server:
        answer = server.get("/v1/stages")
    if as_json:
        print(printed(answer))
    else:
        print(columns([_row(one) for one in answer["stages"]]))
        for sentence in answer["paging_invariant_broken"]:
            print(f"NOBODY WILL BE TOLD  {sentence}")
    if not answer["fresh"] or answer["paging_invariant_broken"]:
        raise typer.Exit(1)


def _row(one: Json) -> tuple[str, ...]:
    since = (
        datetime.fromisoformat(one["since"]).strftime("%Y-%m-%d %H:%MZ") if one["since"] else "-"
    )
    return (
        "fresh" if one["fresh"] else "STALE",
        one["stage"],
        one["system"] or "",
        since,
        one["why"],
    )

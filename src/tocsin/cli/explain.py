"""`tocsin explain`: a finding of a running server, computed again and drawn."""

from typing import Annotated
from urllib.parse import quote

import typer

from tocsin.cli.remote import LOCAL, AsJson, Json, Remote, Token, Url, columns, printed, remote


def explain(
    system: Annotated[str, typer.Argument(help="Name of the system.")],
    finding: Annotated[
        str, typer.Argument(help="An alarm's number or a monitor's key; none: list them.")
    ] = "",
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Compute a finding again from what was known then, and draw it; exit 1 if it differs."""
    path = f"/v1/systems/{quote(system, safe='')}"
    with remote(url, token) as server:
        if not finding:
            print(_listed(server, path, as_json=as_json))
            return
        answer = server.get(f"{path}/explain", finding=finding)
    if as_json:
        print(printed(answer))
    else:
        print("\n".join([*answer["drawn"], "", answer["verdict"], answer["url"]]))
    if not answer["same"]:
        raise typer.Exit(1)


def _listed(server: Remote, path: str, *, as_json: bool) -> str:
    """Return the alarms of the log by number, and what each monitor said last by key."""
    log, now = server.get(f"{path}/alarms"), server.get(f"{path}/findings")
    if as_json:
        return printed(log | now)
    rows = [
        (str(one["number"]), one["at"][:19] + "Z", *_gist(one["finding"])) for one in log["alarms"]
    ]
    rows += [(one["key"], "now", *_gist(one)) for one in now["findings"]]
    return columns(rows) if rows else "no monitor has spoken yet"


def _gist(one: Json) -> tuple[str, str]:
    return one["level"], one["why"]

"""`tocsin erase`: remove predictions by id, for good, and wait for the receipt."""

import time
from pathlib import Path
from typing import Annotated

import typer

from tocsin.base.errors import BadInput, Unavailable
from tocsin.cli.remote import LOCAL, AsJson, Json, Token, Url, printed, remote

_LOOK_S = 0.5


def erase(
    *,
    system: Annotated[str, typer.Option(help="The system's name in tocsin.yaml.")],
    id_: Annotated[
        list[str] | None, typer.Option("--id", help="A prediction's id; repeat for several.")
    ] = None,
    ids_from: Annotated[
        Path | None, typer.Option("--ids-from", help="File with one id a line.")
    ] = None,
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for the receipt; 0: do not wait.", min=0)
    ] = 60.0,
    url: Url = LOCAL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Erase predictions and their outcomes from the lake and from records, for good."""
    ids = [*(id_ or ()), *_lines(ids_from)]
    if not ids:
        raise BadInput("no prediction is named", where="--id", do="give --id ID or --ids-from FILE")
    with remote(url, token) as server:
        path = f"/v1/systems/{system}/erasures"
        answer: Json = server.post(path, {"ids": ids})
        until_s = time.monotonic() + wait
        while answer["done_at"] is None and time.monotonic() < until_s:
            time.sleep(_LOOK_S)
            answer = server.get(f"{path}/{answer['id']}")
    if as_json:
        print(printed(answer))
        return
    if answer["done_at"] is not None:
        rows = answer["rows"]
        print(
            f"{answer['id']}: {rows['predictions']} predictions and {rows['outcomes']} outcomes"
            f" erased at {answer['done_at']}"
        )
    elif wait:
        raise Unavailable(
            f"erasure {answer['id']} is recorded and not done yet; is a worker running?"
        )
    else:
        print(f"{answer['id']}: recorded; a worker will do it")


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read: {error}", where=str(path), do="check the file") from None
    return [line.strip() for line in lines if line.strip()]

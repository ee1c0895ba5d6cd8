"""Which incident, plan or other thing a command is about, as a path of the API."""

from typing import Annotated
from urllib.parse import quote

import typer

from tocsin.base.errors import BadInput

Which = Annotated[str, typer.Argument(help="Id, number, or name such as INC-42.")]


def path_of(which: str, part: str = "") -> str:
    """Return the path of an incident, or of a part of it."""
    return f"/v1/incidents/{segment(which)}" + (f"/{part}" if part else "")


def segment(text: str) -> str:
    """Return `text` as one segment of a path.

    Raises:
        BadInput: it names nothing.

    >>> segment(" INC-1 ")
    'INC-1'
    """
    if not text.strip() or text in (".", ".."):
        raise BadInput(f"{text!r} names nothing", do="give an id, a number or a name like INC-42")
    return quote(text.strip(), safe="")


def line(one: dict[str, str]) -> tuple[str, ...]:
    """Return an incident of the API as one row."""
    when = str(one["detected_at"])[:16].replace("T", " ")
    return (one["name"], one["severity"], one["state"], one["system"], when, one["title"])

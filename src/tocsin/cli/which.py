"""How a command names an incident, and the path that is asked for it."""

from typing import Annotated
from urllib.parse import quote

import typer

from tocsin.base.errors import BadInput

Which = Annotated[str, typer.Argument(help="Id, number, or name such as INC-42.")]


def path(which: str, part: str = "") -> str:
    """Return the path of an incident, or of a part of it.

    Raises:
        BadInput: it names nothing.

    >>> path(" INC-42 ", "updates")
    '/v1/incidents/INC-42/updates'
    """
    return f"/v1/incidents/{segment(which)}" + (f"/{part}" if part else "")


def segment(text: str) -> str:
    """Return `text` as one part of a path.

    Raises:
        BadInput: it names nothing.
    """
    if not text.strip() or text in (".", ".."):
        raise BadInput(f"{text!r} names nothing", do="give an id, a number or a name like INC-42")
    return quote(text.strip(), safe="")

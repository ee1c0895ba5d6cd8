"""One URL of the server, as a line of the lists in `urls`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tocsin.web.access import Scope

PUBLIC, READ, RESPOND, COMMAND, APPROVE, ADMIN = (
    Scope.PUBLIC,
    Scope.READ,
    Scope.RESPOND,
    Scope.COMMAND,
    Scope.APPROVE,
    Scope.ADMIN,
)
INGEST = Scope.INGEST
JSON_BODY_BYTES = 1 << 20
Signed = Callable[[bytes, str, str], bool]


@dataclass(frozen=True, slots=True)
class Route:
    """One URL.  `kind` decides how a refusal looks and whether it stands in the OpenAPI file."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    endpoint: Callable[..., object]
    scope: Scope
    kind: Literal["json", "page", "stream", "text"] = "json"
    body_bytes: int = JSON_BODY_BYTES
    """Longest body taken; longer ones are answered 413 unread."""
    status: int = 200
    takes: tuple[str, ...] = ()
    """Content types of a raw body that the endpoint reads itself; empty: FastAPI knows the body."""
    gives: tuple[str, ...] = ()
    """Content types of answers that the endpoint writes itself; empty: JSON that FastAPI writes."""
    limited: bool = False
    """Whether one address may come only so often; for public routes that cost something."""
    for_all_alike: bool = False
    """Whether the answer is the same for everyone, and nobody is asked who they are."""
    per_minute: int = 0
    """How often, where it is not as often as to every public form."""
    signed: Signed | None = None
    """Tells by our secret, the id in the path and `?s=…` whether the link is ours; ours are not
    counted: everybody behind one proxy, and every scanner of links, may share an address."""

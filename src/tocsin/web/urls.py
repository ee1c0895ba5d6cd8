"""Every URL of the server on this page: method, path, endpoint, scope.

`asgi.build` mounts exactly this list, each route behind `guard`; there is no other way in.  A route
without a scope cannot be written down, and public ones say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tocsin.web.access import Scope

JSON_BODY_BYTES = 1 << 20
INGEST_BODY_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Route:
    """One URL.  `kind` decides how a refusal looks and whether it stands in the OpenAPI file."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    endpoint: Callable[..., object]
    scope: Scope
    kind: Literal["json", "page", "stream"] = "json"
    body_bytes: int = JSON_BODY_BYTES
    """Longest body taken; longer ones are answered 413 unread."""
    status: int = 200


# Each room adds its lines as its endpoints come to life.
API: tuple[Route, ...] = ()
INGEST: tuple[Route, ...] = ()
PAGES: tuple[Route, ...] = ()

ROUTES: tuple[Route, ...] = (*API, *INGEST, *PAGES)

"""Who is asking, and what they may do.

A caller is a bearer token (`Authorization: Bearer tsn_…`, for machines) or a session cookie (for
people, from a one-time sign-in link).  Scopes are independent: `admin` does not imply `approve`.
Each route declares its scope in `urls`; `guard` asks this file before anything else is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, cast

from fastapi import Depends, Request


class Scope(StrEnum):
    """What a route asks of its caller; `PUBLIC` must be said aloud."""

    PUBLIC = "public"
    """Nobody in particular: health, sign-in, the signed acknowledgement link."""
    INGEST = "ingest"
    """Send predictions, outcomes and changes; read directives."""
    READ = "read"
    RESPOND = "respond"
    """Work on incidents: declare, acknowledge, note, propose, resolve."""
    APPROVE = "approve"
    """Put containment in force and take it back."""
    ADMIN = "admin"
    """Tokens and sign-in links."""


GRANTABLE = frozenset(Scope) - {Scope.PUBLIC}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking.  `csrf` is what a form of this caller must carry; empty for a bearer token."""

    name: str
    scopes: frozenset[Scope]
    csrf: str = ""

    def may(self, scope: Scope) -> bool:
        """Return whether this caller holds `scope`."""
        return scope is Scope.PUBLIC or scope in self.scopes


NOBODY = Caller(name="anonymous", scopes=frozenset())


def caller_of(request: Request) -> Caller:
    """Return the caller that the guard found; on public routes it may be `NOBODY`."""
    return cast("Caller", request.state.caller)


CallerDep = Annotated[Caller, Depends(caller_of)]

"""Who is asking, and what they may do.

A caller is a bearer token (`Authorization: Bearer tsn_…`, for machines; or as the password of
`https://any:tsn_…@host/`, for machines that take no header) or a session cookie (for
people, from a one-time sign-in link).  Scopes are independent: `admin` does not imply `approve`.
Whoever has a role in the configuration holds no more than that role opens, from then on.
Each route declares its scope in `urls`; `guard` asks this file before anything else is read.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, cast

from fastapi import Depends, Request

from tocsin.base.errors import Unavailable
from tocsin.store import access
from tocsin.web.errors import Unauthenticated
from tocsin.web.site import Site

BEARER = "bearer "
BASIC = "basic "
"""Senders that take a URL and no header (KServe's logger) show the token as its password."""
MARK_USED_EVERY = timedelta(hours=1)


class Scope(StrEnum):
    """What a route asks of its caller; `PUBLIC` must be said aloud."""

    PUBLIC = "public"
    """Nobody in particular: health, sign-in, the signed acknowledgement link."""
    INGEST = "ingest"
    """Send predictions, outcomes and changes; read directives."""
    READ = "read"
    RESPOND = "respond"
    """Work on incidents: declare, acknowledge, note, propose, silence."""
    COMMAND = "command"
    """Lead them: lower the severity, resolve."""
    APPROVE = "approve"
    """Put containment in force and take it back."""
    ADMIN = "admin"
    """Tokens and sign-in links."""


Grantable = Literal["ingest", "read", "respond", "command", "approve", "admin"]
"""The scopes that can be given to somebody, as JSON names them."""
GRANTABLE = frozenset(Scope) - {Scope.PUBLIC}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking.  `csrf` is what a form of this caller must carry; empty for a bearer token."""

    name: str
    scopes: frozenset[Scope]
    csrf: str = field(default="", repr=False)
    session: str = ""
    """Id of the session, to end it; empty for a bearer token."""

    def may(self, scope: Scope) -> bool:
        """Return whether this caller holds `scope`."""
        return scope is Scope.PUBLIC or scope in self.scopes


NOBODY = Caller(name="anonymous", scopes=frozenset())


def caller_of(request: Request) -> Caller:
    """Return the caller that the guard found; on public routes it may be `NOBODY`."""
    return cast("Caller", request.state.caller)


CallerDep = Annotated[Caller, Depends(caller_of)]


def cookie_name(site: Site) -> str:
    """Return the session cookie's name; `__Host-` makes browsers hold it to this very host."""
    return "__Host-tocsin" if site.base_url.startswith("https://") else "tocsin"


def identify(site: Site, authorization: str, cookies: Mapping[str, str], *, public: bool) -> Caller:
    """Return who asks: a token before a session, `NOBODY` where there is neither.

    Args:
        site: where tokens and sessions are known.
        authorization: the header, or "".
        cookies: the request's.
        public: whether the route is for everybody; then a stale token does no harm.

    Raises:
        Unauthenticated: a token was shown that opens nothing.
    """
    now = site.clock()
    shown = shown_token(authorization)
    if shown is not None:
        caller = _token_holder(site, shown, now)
        if caller is None and not public:
            raise Unauthenticated("this token is unknown, expired or revoked")
        return caller or NOBODY
    secret = cookies.get(cookie_name(site), "")
    if not secret:
        return NOBODY
    with site.database.reading() as conn:
        session = access.session(conn, secret, now)
    if session is None:
        return NOBODY
    held = session.scopes & site.rights.get(session.person, session.scopes)
    return Caller(session.person, _scopes(held), session.csrf, session.id)


def shown_token(authorization: str) -> str | None:
    """Return the token that the header shows; None: it shows none.

    >>> shown_token("Bearer tsn_1"), shown_token("Basic a3NlcnZlOnRzbl8x"), shown_token("")
    ('tsn_1', 'tsn_1', None)
    """
    if authorization[: len(BEARER)].lower() == BEARER:
        return authorization[len(BEARER) :].strip()
    if authorization[: len(BASIC)].lower() == BASIC:
        try:
            pair = b64decode(authorization[len(BASIC) :].strip(), validate=True).decode()
        except ValueError:
            return None
        password = pair.partition(":")[2]
        # a browser or a proxy may have a password of its own to show
        return password if password.startswith(access.TOKEN_PREFIX) else None
    return None


def _token_holder(site: Site, secret: str, now: datetime) -> Caller | None:
    with site.database.reading() as conn:
        token = access.token(conn, secret, now)
    if token is None:
        return None
    if token.last_used_at is None or now - token.last_used_at >= MARK_USED_EVERY:
        # who cannot write may still read
        with suppress(Unavailable), site.database.unit(token.name, now, quiet=True) as unit:
            access.mark_used(unit, token.id)
    return Caller(token.name, _scopes(token.scopes))


def _scopes(names: frozenset[str]) -> frozenset[Scope]:
    known = {scope.value for scope in GRANTABLE}
    return frozenset(Scope(name) for name in names & known)

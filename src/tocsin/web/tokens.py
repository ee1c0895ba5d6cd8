"""API tokens: made, listed, revoked by administrators; the secret is told once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Response
from pydantic import Field

from tocsin.base.rights import Role
from tocsin.store import access
from tocsin.store.unit import Unit
from tocsin.web.access import Grantable
from tocsin.web.fields import Answer, Name, Order
from tocsin.web.sessions import wanted
from tocsin.web.site import SiteDep
from tocsin.web.writing import WritingDep


class TokenOrder(Order):
    """Who the token is for, what it opens, and for how long; no end if left out.

    It opens `scopes`, or those of `role`.
    """

    name: Name
    scopes: Annotated[list[Grantable], Field(min_length=1)] | None = None
    role: Role | None = None
    days: Annotated[int, Field(ge=1, le=3660)] | None = None


class TokenAnswer(Answer):
    """One token without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class NewTokenAnswer(TokenAnswer):
    """A new token with its secret, which is told only here."""

    token: str


class TokensAnswer(Answer):
    """Every token, revoked ones too."""

    tokens: list[TokenAnswer]


def answer(token: access.Token) -> TokenAnswer:
    """Return `token` as it looks from outside."""
    own = {name: getattr(token, name) for name in TokenAnswer.model_fields if name != "scopes"}
    return TokenAnswer(scopes=sorted(token.scopes), **own)


def list_tokens(site: SiteDep) -> TokensAnswer:
    """Return every token without its secret."""
    with site.database.reading() as conn:
        return TokensAnswer(tokens=[answer(token) for token in access.tokens(conn)])


def make(write: WritingDep, order: TokenOrder) -> NewTokenAnswer:
    """Make a token; keep the secret of the answer, it is told only once."""

    def act(unit: Unit) -> NewTokenAnswer:
        until = unit.now + timedelta(days=order.days) if order.days else None
        token, secret = access.make_token(unit, order.name, wanted(order.scopes, order.role), until)
        return NewTokenAnswer(token=secret, **answer(token).model_dump())

    return write.secretly(act)


def revoke(write: WritingDep, token: str) -> Response:
    """End a token for good; a second time changes nothing."""

    def act(unit: Unit) -> None:
        access.revoke(unit, token)

    write.secretly(act)
    return Response(status_code=204)

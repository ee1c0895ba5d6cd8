"""Signing in and out: a one-time link becomes a session cookie.

`GET /sign-in?link=…` is a page with a button, since mail scanners and previews follow links; only
the button's POST consumes the link.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import Form, Response
from fastapi.responses import RedirectResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from tocsin.base.errors import BadInput
from tocsin.base.rights import SCOPES_OF, Role
from tocsin.store import access
from tocsin.store.unit import Unit
from tocsin.web.access import GRANTABLE, CallerDep, Grantable, Scope, cookie_name
from tocsin.web.fields import Answer, Name, Order
from tocsin.web.site import Site, SiteDep
from tocsin.web.writing import WritingDep

LINK_LASTS = timedelta(hours=1)


class LinkOrder(Order):
    """For whom a sign-in link is, what it opens, and how long it waits to be used.

    It opens `scopes`, or those of `role`; without both, those of the person's configured role.
    """

    person: Name
    scopes: Annotated[list[Grantable], Field(min_length=1)] | None = None
    role: Role | None = None
    minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 60


class LinkAnswer(Answer):
    """The link, told once."""

    url: str
    expires_at: datetime


class EndedAnswer(Answer):
    """How many sessions and waiting links were ended."""

    ended: int


def grantable(scopes: Collection[Scope | str]) -> frozenset[str]:
    """Return the names of `scopes`.

    Raises:
        BadInput: one of them cannot be given to anybody.

    >>> sorted(grantable([Scope.READ, "respond"]))
    ['read', 'respond']
    """
    known = {scope.value for scope in GRANTABLE}
    wanted = frozenset(str(scope) for scope in scopes)
    if not wanted or wanted - known:
        said = ", ".join(sorted(wanted - known)) or "none"
        raise BadInput(f"scopes {said}", where="scopes", do=f"choose of {', '.join(sorted(known))}")
    return wanted


def wanted(scopes: Collection[str] | None, role: Role | None) -> frozenset[str]:
    """Return the scopes that are asked for outright or by a role.

    Raises:
        BadInput: both are given, or none.

    >>> sorted(wanted(None, Role.APPROVER))
    ['approve', 'read']
    """
    if (scopes is None) == (role is None):
        raise BadInput("neither scopes nor a role, or both", where="scopes", do="give one of them")
    return grantable(SCOPES_OF[role] if role is not None else scopes or ())


def sign_in_url(
    unit: Unit,
    base_url: str,
    person: str,
    scopes: Collection[Scope | str] = GRANTABLE,
    for_: timedelta = LINK_LASTS,
) -> str:
    """Return a new one-time sign-in link; its secret is told only here."""
    secret = access.make_link(unit, person, grantable(scopes), for_)
    return f"{base_url.rstrip('/')}/sign-in?link={quote(secret)}"


def local_path(path: str) -> str:
    r"""Return `path` if it stays on this site, else the overview.

    >>> local_path("/incidents/42?tab=pages"), local_path("//evil.example"), local_path("/\\evil")
    ('/incidents/42?tab=pages', '/', '/')
    """
    inside = path.startswith("/") and not path.startswith("//")
    plain = path.isprintable() and "\\" not in path
    return path if inside and plain else "/"


def set_cookie(site: Site, answer: Response, secret: str) -> None:
    """Give the browser its session, out of reach of scripts and other sites."""
    answer.set_cookie(
        cookie_name(site),
        secret,
        max_age=int(site.session.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=site.base_url.startswith("https://"),
    )


async def sign_in(
    site: SiteDep,
    link: Annotated[str, Form(max_length=200)],
    next_: Annotated[str, Form(alias="next", max_length=2000)] = "/",
) -> RedirectResponse:
    """Consume a link, open a session and go where the person wanted to go."""

    def use() -> str:
        with site.database.unit("sign-in", site.clock()) as unit:
            return access.use_link(unit, link, site.session)[1]

    answer = RedirectResponse(local_path(next_), status_code=303)
    set_cookie(site, answer, await run_in_threadpool(use))
    return answer


def sign_out(site: SiteDep, caller: CallerDep) -> RedirectResponse:
    """End the session."""
    if caller.session:
        with site.database.unit(caller.name, site.clock()) as unit:
            access.end_session(unit, caller.session)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(cookie_name(site), path="/")
    return answer


def sign_out_everywhere(site: SiteDep, caller: CallerDep) -> RedirectResponse:
    """End every session of whoever asks, on every device."""
    with site.database.unit(caller.name, site.clock()) as unit:
        access.end_sessions(unit, caller.name)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(cookie_name(site), path="/")
    return answer


def sign_out_person(write: WritingDep, person: str) -> EndedAnswer:
    """End every session of a person, and the sign-in links that wait for them."""
    return write.once(
        EndedAnswer, lambda unit: EndedAnswer(ended=access.end_sessions(unit, person))
    )


def make_link(site: SiteDep, write: WritingDep, order: LinkOrder) -> LinkAnswer:
    """Make a one-time sign-in link for a person."""

    def act(unit: Unit) -> LinkAnswer:
        lasts = timedelta(minutes=order.minutes)
        rights = site.rights.get(order.person)
        if rights is None or order.scopes or order.role:
            rights = wanted(order.scopes, order.role)
        url = sign_in_url(unit, site.base_url, order.person, rights, lasts)
        return LinkAnswer(url=url, expires_at=unit.now + lasts)

    return write.secretly(act)

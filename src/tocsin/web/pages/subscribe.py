"""GET /status/subscribe : who wants to be told, gives an address, confirms it, and can leave.

What the form answers never depends on whether an address is known, so that nobody learns who
subscribes.  Mail scanners follow links and press nothing: only the button confirms.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from tocsin.base.errors import BadInput, Forbidden, NotFound
from tocsin.incident.subscriber import Way, address_of, check, hook_secret
from tocsin.store import subscribers
from tocsin.web.pages.forms import done
from tocsin.web.pages.status import plain, public_of
from tocsin.web.route import Signed
from tocsin.web.site import Site, SiteDep

Signature = Annotated[str, Query(max_length=100)]
_VISITOR = "visitor"
_SUBSCRIBER = "subscriber"


def show(request: Request, site: SiteDep) -> HTMLResponse:
    """Show the form."""
    ways = _ways(site)
    return plain(
        request, "status/subscribe.html", site, {"ways": ways, "way": ways[0], "address": ""}
    )


def ask(
    request: Request,
    site: SiteDep,
    way: Annotated[str, Form(max_length=20)] = Way.MAIL.value,
    address: Annotated[str, Form(max_length=1000)] = "",
    website: Annotated[str, Form(max_length=1000)] = "",
) -> HTMLResponse:
    """Send the link that confirms; a filled trap is answered alike, and nothing is sent."""
    ways = _ways(site)
    chosen = next((one for one in ways if one.value == way), ways[0])
    try:
        said = address_of(chosen, address, public_of(site).page.internal)
    except BadInput as wrong:
        facts = {"ways": ways, "way": chosen, "address": address, "wrong": wrong}
        return plain(request, "status/subscribe.html", site, facts, 400)
    if not website:
        with site.database.unit(_VISITOR, site.clock()) as unit:
            subscribers.ask(unit, chosen, said)
    return plain(request, "status/asked.html", site, {"way": chosen})


def confirming(request: Request, site: SiteDep, subscriber: str, s: Signature = "") -> HTMLResponse:
    """Show the button that confirms."""
    _check(site, confirms, subscriber, s)
    with site.database.reading() as conn:
        found = subscribers.get(conn, subscriber)
    secret = ""
    if found.confirmed_at is not None and found.way is Way.WEBHOOK:
        secret = hook_secret(site.secret, found.id)
    facts = {"subscriber": found, "signature": s, "secret": secret}
    return plain(request, "status/confirm.html", site, facts)


def confirm(
    site: SiteDep, subscriber: str, s: Annotated[str, Form(max_length=100)] = ""
) -> RedirectResponse:
    """Let the subscriber be told from now on."""
    _check(site, confirms, subscriber, s)
    with site.database.unit(_SUBSCRIBER, site.clock()) as unit:
        subscribers.confirm(unit, subscriber)
    return done(f"/status/confirm/{subscriber}?s={s}")


def leaving(request: Request, site: SiteDep, subscriber: str, s: Signature = "") -> HTMLResponse:
    """Show the button that unsubscribes."""
    _check(site, leaves, subscriber, s)
    return plain(
        request, "status/leave.html", site, {"here": _known(site, subscriber), "path": f"?s={s}"}
    )


def leave(request: Request, site: SiteDep, subscriber: str, s: Signature = "") -> HTMLResponse:
    """Forget the subscriber: by the button, or by a mailbox's own (RFC 8058)."""
    _check(site, leaves, subscriber, s)
    with site.database.unit(_SUBSCRIBER, site.clock()) as unit:
        subscribers.leave(unit, subscriber)
    return plain(request, "status/leave.html", site, {"here": False, "path": ""})


def confirms(secret: bytes, subscriber: str, shown: str) -> bool:
    """Return whether this is the link that confirms a subscriber."""
    return check(secret, "confirm", subscriber, shown)


def leaves(secret: bytes, subscriber: str, shown: str) -> bool:
    """Return whether this is the link by which a subscriber leaves."""
    return check(secret, "leave", subscriber, shown)


def _ways(site: Site) -> tuple[Way, ...]:
    ways = public_of(site).page.ways
    if not ways:
        raise NotFound("nobody is told by message here; the status page has feeds")
    return ways


def _check(site: Site, opens: Signed, subscriber: str, shown: str) -> None:
    public_of(site)
    if not opens(site.secret, subscriber, shown):
        raise Forbidden("this link is not ours, or was cut off on its way")


def _known(site: Site, subscriber: str) -> bool:
    with site.database.reading() as conn:
        try:
            subscribers.get(conn, subscriber)
        except NotFound:
            return False
    return True

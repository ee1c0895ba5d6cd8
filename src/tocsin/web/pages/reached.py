"""GET /test-pages/{test} : the signed link of a test page; only its button says that it arrived.

Mail scanners follow links and press nothing, so that a test counts as acknowledged only if a person
had it in hand.  The signature is good for this test alone.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from tocsin.alert.links import check_test
from tocsin.base.errors import Forbidden
from tocsin.store import reach, testpages
from tocsin.store.testpages import PageTest
from tocsin.web.pages.forms import done
from tocsin.web.pages.render import page
from tocsin.web.site import Site, SiteDep

Signature = Annotated[str, Query(max_length=100)]


def show(request: Request, site: SiteDep, test: str, s: Signature = "") -> HTMLResponse:
    """Show what the test is for, and the button that says that it arrived."""
    return page(request, "reached/page.html", test=_test(site, test, s), signature=s)


def acknowledge(
    site: SiteDep, test: str, s: Annotated[str, Form(max_length=100)]
) -> RedirectResponse:
    """Record that the person was reached on this contact."""
    one = _test(site, test, s)
    with site.database.unit(one.contact.person, site.clock()) as unit:
        if testpages.acknowledge(unit, one.id):
            unit.audit("person.reached", one.contact.person, channel=one.contact.channel)
            reach.acknowledged(unit, one.contact)
    return done(f"/test-pages/{one.id}?s={s}")


def _test(site: Site, test_id: str, signature: str) -> PageTest:
    if not check_test(site.secret, test_id, signature):
        raise Forbidden("this link is not ours, or was cut off on its way")
    with site.database.reading() as conn:
        return testpages.get(conn, test_id)

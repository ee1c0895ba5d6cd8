"""GET /on-call : who has it, who is next, who could really be reached; and what changes it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from tocsin.base.errors import BadInput
from tocsin.oncall.policy import Policy
from tocsin.oncall.preview import holes, preview
from tocsin.oncall.resolve import Overrides
from tocsin.store import oncall as stored
from tocsin.store import reach, testpages
from tocsin.web import oncall as moves
from tocsin.web.fields import Text
from tocsin.web.pages.forms import done, instant
from tocsin.web.pages.render import page
from tocsin.web.site import Site, SiteDep
from tocsin.web.views.oncall import Standing, Told, oncall, standing, told
from tocsin.web.writing import WritingDep

HERE = "/on-call"
TESTS_SHOWN = 20
Named = Annotated[Text, Form(max_length=200)]
Why = Annotated[Text, Form(max_length=1000)]
When = Annotated[str, Form(max_length=50)]
Shift = Annotated[str, Form(max_length=300)]


def show(
    request: Request,
    site: SiteDep,
    policy: Annotated[str, Query(max_length=200)] = "",
    at: Annotated[str, Query(max_length=50)] = "",
) -> HTMLResponse:
    """Show every schedule, person and gap, and what a policy would do at an instant."""
    now, roster = site.clock(), site.roster
    chosen = roster.policy(policy) if policy else next(iter(roster.policies.values()), None)
    opened = instant(at, "at") if at else now
    if abs(opened - now) > moves.MOST:
        do = f"ask for {moves.MOST.days} days from now at the most"
        raise BadInput("an instant that is too far", where="at", do=do)
    with site.database.reading() as conn:
        rows = stored.standing(conn, now)
        since = stored.overrides(conn, now.replace(hour=0, minute=0, second=0, microsecond=0))
        people = [_standing(conn, site, name, now) for name in roster.people]
        then = stored.overrides(conn, min(opened, now))
    found = [hole for one in roster.policies.values() for hole in holes(one, since, now)]
    view = oncall(roster.schedules.values(), since, found, people, now)
    return page(
        request,
        "oncall/page.html",
        here="on-call",
        live=True,
        view=view,
        overrides=rows,
        policies=list(roster.policies),
        chosen=chosen.name if chosen else "",
        told=_told(chosen, then, opened),
        opened=opened,
        names=list(roster.people),
    )


def override(  # noqa: PLR0917 - the fields of one form
    site: SiteDep, write: WritingDep, schedule: Named, person: Named, start: When, end: When,
    reason: Why,
) -> RedirectResponse:  # fmt: skip
    """Put somebody on call instead of whom the schedule names."""
    order = moves.OverrideOrder(
        schedule=schedule,
        person=person,
        start=instant(start, "from"),
        end=instant(end, "until"),
        reason=reason,
    )
    write.secretly(lambda unit: moves.placed(unit, site.roster, order))
    return done(f"{HERE}#overrides")


def withdraw(write: WritingDep, override: str) -> RedirectResponse:
    """Take an override back."""
    write.secretly(lambda unit: stored.withdraw_override(unit, override))
    return done(f"{HERE}#overrides")


def swap(  # noqa: PLR0917 - as above
    site: SiteDep, write: WritingDep, schedule: Named, mine: Shift, theirs: Shift, reason: Why
) -> RedirectResponse:
    """Let two people take each other's shift."""
    order = moves.SwapOrder(
        schedule=schedule, one=_shift(mine, "one"), other=_shift(theirs, "other"), reason=reason
    )
    write.secretly(lambda unit: moves.swapped(unit, site.roster, order))
    return done(f"{HERE}#overrides")


def test(site: SiteDep, write: WritingDep, person: Named) -> RedirectResponse:
    """Send a test page to every contact of a person."""
    one = site.roster.person(person)
    write.secretly(lambda unit: testpages.add(unit, one))
    return done(f"{HERE}#people")


def _standing(conn: sa.Connection, site: Site, name: str, now: datetime) -> Standing:
    contacts = site.roster.people[name].contacts
    tests = testpages.of_person(conn, name, TESTS_SHOWN)
    return standing(name, reach.of_contacts(conn, contacts), tests, now)


def _told(policy: Policy | None, overrides: Overrides, opened: datetime) -> tuple[Told, ...]:
    return told(preview(policy, overrides, opened), policy, opened) if policy else ()


def _shift(text: str, where: str) -> moves.ShiftOrder:
    """Return the shift that an option of the form names: start, end and person."""
    parts = text.split(" ", 2)
    if len(parts) != 3 or not parts[2].strip():
        raise BadInput(f"{text[:80]!r} is no shift", where=where, do="choose one from the list")
    start, end, person = parts
    return moves.ShiftOrder(
        person=person[:200], start=instant(start, where), end=instant(end, where)
    )

"""GET /silences : what keeps alerts quiet, and why nobody was called; and what changes it."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from tocsin.alert.matching import Matcher, parse_all
from tocsin.alert.quiet import Reason, Suppressed
from tocsin.alert.silence import Kind
from tocsin.alert.state import StoredAlert
from tocsin.base.errors import BadInput
from tocsin.base.spans import parse_duration
from tocsin.store import alerts, suppressions, systems
from tocsin.store import silences as stored
from tocsin.store.unit import Unit
from tocsin.web import silences as moves
from tocsin.web.fields import Text
from tocsin.web.pages.forms import done, instant
from tocsin.web.pages.render import page
from tocsin.web.site import SiteDep
from tocsin.web.views.silences import matched, silences
from tocsin.web.writing import WritingDep

HERE = "/silences"
OVER_SHOWN = 50
KEPT_OF_ONE = 50
KEPT_SHOWN = 100
Lines = Annotated[str, Form(max_length=10_000)]


def show(
    request: Request, site: SiteDep, matchers: Annotated[str, Query(max_length=4000)] = ""
) -> HTMLResponse:
    """Show silences, rules and what they kept quiet; with matchers, what they take right now."""
    now = site.clock()
    wanted = _matchers(matchers) if matchers.strip() else ()
    with site.database.reading() as conn:
        names = systems.names(conn)
        found = [*stored.standing(conn, now), *stored.recent(conn, OVER_SHOWN)]
        kept = _kept(conn, names)
        firing = _firing(conn, names) if wanted else []
    return page(
        request,
        "silences/page.html",
        here="silences",
        live=not wanted,
        view=silences(found, site.inhibitions, kept, now),
        wanted_matchers=tuple(map(str, wanted)),
        matched=matched(wanted, firing),
        systems=names,
    )


def make(  # noqa: PLR0917 - the fields of one form
    write: WritingDep,
    matchers: Lines,
    reason: Annotated[Text, Form(max_length=1000)],
    for_: Annotated[str, Form(alias="for", max_length=50)] = "2h",
    start: Annotated[str, Form(max_length=50)] = "",
    title: Annotated[str, Form(max_length=200)] = "",
) -> RedirectResponse:
    """Keep alerts quiet for a while; with a title it is a maintenance window."""
    length = parse_duration(for_)
    wanted = [str(one) for one in _matchers(matchers)]

    def act(unit: Unit) -> None:
        begins = instant(start, "from") if start.strip() else None
        order = moves.SilenceOrder(
            kind=Kind.MAINTENANCE if title.strip() else Kind.SILENCE,
            title=title.strip(),
            matchers=wanted,
            starts_at=begins,
            ends_at=(begins or unit.now) + length,
            reason=reason,
        )
        moves.made(unit, order)

    write.secretly(act)
    return done(HERE)


def end(write: WritingDep, silence: str) -> RedirectResponse:
    """End a silence now."""
    write.secretly(lambda unit: moves.ended(unit, silence))
    return done(HERE)


def _matchers(text: str) -> tuple[Matcher, ...]:
    """Return the matchers that a field gives, one a line."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > moves.MOST_MATCHERS:
        do = f"write {moves.MOST_MATCHERS} at the most"
        raise BadInput(f"{len(lines)} conditions", where="matchers", do=do)
    return parse_all(lines)


def _kept(conn: sa.Connection, names: list[str]) -> list[Suppressed]:
    """Return the newest alerts that called nobody; tickets never do, and are left out."""
    rows = [row for name in names for row in suppressions.recent(conn, name, KEPT_OF_ONE)]
    said = [row for row in rows if row.reason is not Reason.LEVEL]
    return sorted(said, key=lambda row: row.at, reverse=True)[:KEPT_SHOWN]


def _firing(conn: sa.Connection, names: list[str]) -> list[StoredAlert]:
    return [one for name in names for one in alerts.firing(conn, name)]

"""GET /queue : decisions that wait for people; /queue/… : one of them, judged by one key.

A judgement leads to the next decision at once, with a line that takes it back for ten seconds.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from tocsin.base.errors import BadInput, NotFound
from tocsin.contain.referral import UNDO, Referral, State
from tocsin.store import referrals, systems
from tocsin.store.referrals import Wanted
from tocsin.store.unit import Unit
from tocsin.web import judging
from tocsin.web.access import CallerDep
from tocsin.web.pages.forms import done
from tocsin.web.pages.render import page
from tocsin.web.queue import figures
from tocsin.web.referrals import WHY_MAX_CHARS, place_of, read_place
from tocsin.web.site import Site, SiteDep
from tocsin.web.views.queue import item, queue
from tocsin.web.writing import WritingDep

HERE = "/queue"
SHOWN = 50
SystemName = Annotated[str, Query(max_length=200)]
FormSystem = Annotated[str, Form(max_length=200)]
Judged = Annotated[str, Query(max_length=100)]
States = Annotated[str, Query(pattern="^(waiting|settled|all)$")]


def show(  # noqa: PLR0917 - the fields of one form
    request: Request,
    site: SiteDep,
    caller: CallerDep,
    system: SystemName = "",
    state: States = "waiting",
    overdue: Annotated[bool, Query()] = False,
    after: Annotated[str, Query(max_length=200)] = "",
    judged: Judged = "",
) -> HTMLResponse:
    """Show what waits in its order, and what people's judgements tell of one system."""
    now = site.clock()
    wanted = Wanted(
        system=system or None,
        state=None if state == "all" else State(state),
        overdue_at=now if overdue else None,
        after=read_place(after),
    )
    with site.database.reading() as conn:
        names = systems.names(conn)
        if system:
            systems.get(conn, system)
        about = [system] if system else names
        waiting = {name: referrals.waiting(conn, name, now) for name in about}
        found = referrals.listed(conn, wanted, SHOWN + 1)
        one = about[0] if len(about) == 1 else None
        known = None if one is None else figures(conn, one, now)
    here = {"system": system, "state": state, "overdue": "true" if overdue else ""}
    query = {name: value for name, value in here.items() if value}
    more = place_of(found[SHOWN - 1]) if len(found) > SHOWN else ""
    return page(
        request,
        "queue/page.html",
        here="queue",
        live=not after and not judged,
        view=queue(waiting, found[:SHOWN], known, now),
        systems=names,
        system=system,
        state=state,
        overdue=overdue,
        is_first=not after,
        before=_before(site, judged, caller.name),
        more=f"{HERE}?{urlencode(query | {'after': more})}" if more else "",
    )


def show_item(  # noqa: PLR0917 - what FastAPI hands over
    request: Request,
    site: SiteDep,
    caller: CallerDep,
    referral: str,
    system: SystemName = "",
    judged: Judged = "",
) -> HTMLResponse:
    """Show one decision; whoever has it judges it here."""
    now = site.clock()
    with site.database.reading() as conn:
        one = referrals.get(conn, referral)
        view = item(one, systems.get(conn, one.system), caller.name, now)
    return page(
        request,
        "queue/item.html",
        here="queue",
        live=False,
        view=view,
        system=system,
        before=_before(site, judged, caller.name),
    )


def take_next(
    write: WritingDep,
    system: FormSystem = "",
    passing: Annotated[str, Form(max_length=100)] = "",
) -> RedirectResponse:
    """Take what is due first and show it; where nothing waits, the list."""
    found = write.secretly(lambda unit: judging.take_next(unit, system or None, passing))
    return _to(found, system)


def take(write: WritingDep, referral: str, system: FormSystem = "") -> RedirectResponse:
    """Take one decision and show it."""
    return _to(write.secretly(lambda unit: judging.take(unit, referral)), system)


def give_back(write: WritingDep, referral: str, system: FormSystem = "") -> RedirectResponse:
    """Give one back and show the list."""
    write.secretly(lambda unit: judging.give_back(unit, referral))
    return _to(None, system)


def judge(  # noqa: PLR0917 - the fields of one form
    write: WritingDep,
    referral: str,
    answer: Annotated[str, Form(max_length=200)] = "",
    written: Annotated[str, Form(max_length=200)] = "",
    note: Annotated[str, Form(max_length=WHY_MAX_CHARS)] = "",
    system: FormSystem = "",
) -> RedirectResponse:
    """Judge one decision and show the next one at once."""
    text = answer or written.strip()
    if not text:
        raise BadInput("there is no answer", where="answer", do="choose one, or write it")

    def act(unit: Unit) -> Referral | None:
        judging.judged(unit, referral, text, note)
        return judging.take_next(unit, system or None)

    return _to(write.secretly(act), system, judged=referral)


def undo(write: WritingDep, referral: str, system: FormSystem = "") -> RedirectResponse:
    """Take a judgement back and show its decision again."""
    return _to(write.secretly(lambda unit: judging.taken_back(unit, referral)), system)


def _before(site: Site, id_: str, reader: str) -> Referral | None:
    """Return the decision that the reader judged just before, while that can be taken back."""
    if not id_:
        return None
    try:
        with site.database.reading() as conn:
            one = referrals.get(conn, id_)
    except NotFound:
        return None
    last = one.judgements[-1] if one.judgements else None
    if last is None or last.by != reader or site.clock() >= last.at + UNDO:
        return None
    return one


def _to(one: Referral | None, system: str, judged: str = "") -> RedirectResponse:
    """Return the reader to a decision, or to the list."""
    path = HERE if one is None else f"{HERE}/{one.id}"
    query = {name: value for name, value in (("system", system), ("judged", judged)) if value}
    return done(f"{path}?{urlencode(query)}" if query else path)

"""Every page for people, and what its forms do (`/do/…`): method, path, endpoint, scope.

Forms carry a CSRF token, which the guard asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from tocsin.alert import links
from tocsin.web import live, sessions
from tocsin.web.pages import (
    acknowledge,
    bulletin,
    commanding,
    complain,
    finding,
    forms,
    overview,
    reached,
    review,
    room,
    sign_in,
    status,
    subscribe,
    system,
    telling,
)
from tocsin.web.pages import canary as canary_page
from tocsin.web.pages import in_force as in_force_page
from tocsin.web.pages import incidents as incident_list
from tocsin.web.pages import oncall as oncall_page
from tocsin.web.pages import playbooks as playbook_list
from tocsin.web.pages import queue as queue_pages
from tocsin.web.pages import related as related_forms
from tocsin.web.pages import silences as silences_page
from tocsin.web.route import APPROVE, COMMAND, PUBLIC, READ, RESPOND, Route, Signed

_DO = "/do/incidents/{incident}"
BOARD: tuple[tuple[str, Callable[..., object], Literal["page", "text"]], ...] = (
    ("/status", status.show, "page"),
    ("/status/status.css", status.sheet, "text"),
    ("/status/status.json", status.machine, "text"),
    ("/status/atom.xml", status.atom, "text"),
    ("/status/rss.xml", status.rss, "text"),
)
FORM_BODY_BYTES = 64 << 10
FORMS: tuple[tuple[Literal["GET", "POST"], str, Callable[..., object]], ...] = (
    ("GET", "/status/subscribe", subscribe.show),
    ("POST", "/do/status/subscribe", subscribe.ask),
    # signed links; only the buttons behind them do anything, or a mailbox's own (RFC 8058)
    ("GET", "/status/confirm/{subscriber}", subscribe.confirming),
    ("POST", "/do/status/confirm/{subscriber}", subscribe.confirm),
    ("GET", "/status/unsubscribe/{subscriber}", subscribe.leaving),
    ("POST", "/status/unsubscribe/{subscriber}", subscribe.leave),
    ("GET", "/status/report", complain.show),
    ("POST", "/do/status/report", complain.report),
    ("GET", "/status/reported/{reference}", complain.reported),
)
A_HOUSE = 300
"""Requests a minute of everybody in one house, who may all come from one address."""
SIGNED: Mapping[str, Signed] = {
    "/status/confirm/{subscriber}": subscribe.confirms,
    "/do/status/confirm/{subscriber}": subscribe.confirms,
    "/status/unsubscribe/{subscriber}": subscribe.leaves,
}
LINKS: tuple[tuple[Literal["GET", "POST"], str, Callable[..., object], Signed], ...] = (
    ("GET", "/acknowledge/{page_id}", acknowledge.show, links.check),
    ("POST", "/do/pages/{page_id}/acknowledge", acknowledge.acknowledge, links.check),
    ("GET", "/test-pages/{test}", reached.show, links.check_test),
    ("POST", "/do/test-pages/{test}/acknowledge", reached.acknowledge, links.check_test),
)
_PLAN = "/do/plans/{plan}"

STATUS: tuple[Route, ...] = (
    *(
        Route(
            "GET",
            path,
            endpoint,
            PUBLIC,
            kind=kind,
            limited=True,
            per_minute=A_HOUSE,
            for_all_alike=True,
        )
        for path, endpoint, kind in BOARD
    ),
    *(
        Route(
            method,
            path,
            endpoint,
            PUBLIC,
            kind="page",
            limited=True,
            signed=SIGNED.get(path),
            body_bytes=FORM_BODY_BYTES,
        )
        for method, path, endpoint in FORMS
    ),
    Route("GET", "/status/inside", bulletin.inside, READ, kind="page"),
    Route("POST", f"{_DO}/bulletin", bulletin.say, RESPOND, kind="page"),
)
"""The status page: all of it for everyone but the last two."""

PAGES: tuple[Route, ...] = (
    Route("GET", "/", overview.show, READ, kind="page"),
    Route("GET", "/systems/{name}", system.show, READ, kind="page"),
    Route("GET", "/systems/{name}/canary", canary_page.show, READ, kind="page"),
    Route("GET", "/systems/{name}/explain", finding.show, READ, kind="page"),
    Route("GET", "/in-force", in_force_page.show, READ, kind="page"),
    Route("GET", "/playbooks", playbook_list.show, READ, kind="page"),
    Route("GET", "/incidents", incident_list.show, READ, kind="page"),
    Route("GET", "/incidents/{incident}", room.show, READ, kind="page"),
    Route("GET", "/incidents/{incident}/ledger", room.ledger, READ, kind="page"),
    Route("GET", "/incidents/{incident}/review", review.show, READ, kind="page"),
    Route("GET", "/incidents/{incident}/chart.svg", room.picture, READ, kind="text"),
    Route("GET", "/on-call", oncall_page.show, READ, kind="page"),
    Route("GET", "/silences", silences_page.show, READ, kind="page"),
    Route("GET", "/queue", queue_pages.show, READ, kind="page"),
    Route("GET", "/queue/{referral}", queue_pages.show_item, RESPOND, kind="page"),
    Route("POST", "/do/queue/next", queue_pages.take_next, RESPOND, kind="page"),
    Route("POST", "/do/queue/{referral}/take", queue_pages.take, RESPOND, kind="page"),
    Route("POST", "/do/queue/{referral}/give-back", queue_pages.give_back, RESPOND, kind="page"),
    Route("POST", "/do/queue/{referral}/judge", queue_pages.judge, RESPOND, kind="page"),
    Route("POST", "/do/queue/{referral}/undo", queue_pages.undo, RESPOND, kind="page"),
    Route("POST", "/do/overrides", oncall_page.override, RESPOND, kind="page"),
    Route("POST", "/do/overrides/{override}/withdraw", oncall_page.withdraw, RESPOND, kind="page"),
    Route("POST", "/do/swaps", oncall_page.swap, RESPOND, kind="page"),
    Route("POST", "/do/test-pages", oncall_page.test, RESPOND, kind="page"),
    Route("POST", "/do/silences", silences_page.make, RESPOND, kind="page"),
    Route("POST", "/do/silences/{silence}/end", silences_page.end, RESPOND, kind="page"),
    Route("POST", "/do/incidents", incident_list.declare, RESPOND, kind="page"),
    Route("POST", f"{_DO}/acknowledge", forms.acknowledge, RESPOND, kind="page"),
    Route("POST", f"{_DO}/note", forms.note, RESPOND, kind="page"),
    Route("POST", f"{_DO}/assign", forms.assign, RESPOND, kind="page"),
    Route("POST", f"{_DO}/role", commanding.give_role, RESPOND, kind="page"),
    Route("POST", f"{_DO}/leave", commanding.leave_role, RESPOND, kind="page"),
    Route("POST", f"{_DO}/notes/{{entry}}", commanding.correct, RESPOND, kind="page"),
    Route("POST", f"{_DO}/severity", commanding.regrade, RESPOND, kind="page"),
    Route("POST", f"{_DO}/impact", commanding.date, RESPOND, kind="page"),
    Route("POST", f"{_DO}/task", commanding.add_task, RESPOND, kind="page"),
    Route("POST", "/do/tasks/{task}/done", commanding.finish_task, RESPOND, kind="page"),
    Route("POST", "/do/tasks/{task}/drop", commanding.drop_task, RESPOND, kind="page"),
    Route("POST", f"{_DO}/resolve", forms.resolve, COMMAND, kind="page"),
    Route("POST", f"{_DO}/update", telling.send, RESPOND, kind="page"),
    Route("POST", f"{_DO}/war-room", telling.set_war_room, RESPOND, kind="page"),
    Route("POST", f"{_DO}/link", related_forms.link, RESPOND, kind="page"),
    Route("POST", f"{_DO}/links/{{link}}/remove", related_forms.unlink, RESPOND, kind="page"),
    Route("POST", f"{_DO}/merge", related_forms.merge, COMMAND, kind="page"),
    Route("POST", f"{_DO}/split", related_forms.split, COMMAND, kind="page"),
    Route("POST", f"{_DO}/propose", forms.propose, RESPOND, kind="page"),
    Route("POST", f"{_DO}/playbook", forms.follow, RESPOND, kind="page"),
    Route("POST", f"{_DO}/failure", forms.classify, RESPOND, kind="page"),
    Route("POST", f"{_DO}/playbook/{{step}}", forms.tick, RESPOND, kind="page"),
    Route("POST", f"{_PLAN}/approve", forms.approve, APPROVE, kind="page"),
    Route("POST", f"{_PLAN}/break-glass", forms.break_glass, APPROVE, kind="page"),
    Route("POST", f"{_PLAN}/ratify", forms.ratify, APPROVE, kind="page"),
    Route("POST", f"{_PLAN}/revert", forms.revert, APPROVE, kind="page"),
    Route("POST", f"{_PLAN}/withdraw", forms.withdraw, RESPOND, kind="page"),
    # the signed link of a page is its own proof; only the button's POST acknowledges
    *(
        Route(method, path, endpoint, PUBLIC, kind="page", limited=True, signed=signed)
        for method, path, endpoint, signed in LINKS
    ),
    *STATUS,
    Route("GET", "/sign-in", sign_in.show, PUBLIC, kind="page", limited=True, per_minute=A_HOUSE),
    Route("POST", "/sign-in", sessions.sign_in, PUBLIC, kind="page", limited=True),
    Route(
        "POST",
        "/sign-out",
        sessions.sign_out,
        PUBLIC,
        kind="page",
        limited=True,
        per_minute=A_HOUSE,
    ),
    Route("POST", "/sign-out-everywhere", sessions.sign_out_everywhere, READ, kind="page"),
    Route("GET", "/live", live.stream_changes, READ, kind="stream"),
)
"""Pages for people; what they send (`/do/…`) carries a CSRF token, which the guard asks for."""

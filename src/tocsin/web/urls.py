"""Every URL of the server on this page: method, path, endpoint, scope.

`asgi.build` mounts exactly this list, each route behind `guard`; there is no other way in.  A route
without a scope cannot be written down, and public ones say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tocsin.ingest.otlp import OTLP_TYPES
from tocsin.ingest.parse import CONTENT_TYPES
from tocsin.web import (
    audit,
    bulletins,
    canary,
    command,
    containment,
    diagnoses,
    directives,
    erasures,
    errors,
    events,
    findings,
    health,
    incidents,
    ingest,
    kpis,
    live,
    metrics,
    oncall,
    openapi,
    outside,
    people,
    playbooks,
    related,
    releases,
    reviews,
    sessions,
    silences,
    systems,
    tokens,
    traces,
    updates,
)
from tocsin.web.access import Scope
from tocsin.web.pages import (
    acknowledge,
    bulletin,
    commanding,
    complain,
    finding,
    forms,
    overview,
    reached,
    render,
    review,
    room,
    sign_in,
    status,
    subscribe,
    system,
    telling,
)
from tocsin.web.pages import canary as canary_page
from tocsin.web.pages import incidents as incident_list
from tocsin.web.pages import playbooks as playbook_list
from tocsin.web.pages import related as related_forms

PUBLIC, READ, RESPOND, APPROVE, ADMIN = (
    Scope.PUBLIC,
    Scope.READ,
    Scope.RESPOND,
    Scope.APPROVE,
    Scope.ADMIN,
)
INGEST_ = Scope.INGEST
JSON_BODY_BYTES = 1 << 20
INGEST_BODY_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Route:
    """One URL.  `kind` decides how a refusal looks and whether it stands in the OpenAPI file."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    endpoint: Callable[..., object]
    scope: Scope
    kind: Literal["json", "page", "stream", "text"] = "json"
    body_bytes: int = JSON_BODY_BYTES
    """Longest body taken; longer ones are answered 413 unread."""
    status: int = 200
    takes: tuple[str, ...] = ()
    """Content types of a raw body that the endpoint reads itself; empty: FastAPI knows the body."""
    gives: tuple[str, ...] = ()
    """Content types of answers that the endpoint writes itself; empty: JSON that FastAPI writes."""
    limited: bool = False
    """Whether one address may come only so often; for public routes that cost something."""
    for_all_alike: bool = False
    """Whether the answer is the same for everyone, and nobody is asked who they are."""
    per_minute: int = 0
    """How often, where it is not as often as to every public form."""


_INC = "/v1/incidents/{incident}"

API: tuple[Route, ...] = (
    # systems
    Route("GET", "/v1/systems", systems.list_systems, READ),
    Route("GET", "/v1/systems/{name}", systems.show_system, READ),
    Route("GET", "/v1/systems/{name}/findings", systems.show_findings, READ),
    Route("GET", "/v1/systems/{name}/alarms", findings.list_alarms, READ),
    Route("GET", "/v1/systems/{name}/explain", findings.explain, READ),
    Route("GET", "/v1/systems/{name}/canary", canary.show, READ),
    Route("GET", "/v1/systems/{name}/intake", events.show_intake, READ),
    Route("GET", "/v1/systems/{name}/releases", releases.show_releases, READ),
    Route("GET", "/v1/systems/{name}/suppressed", silences.list_suppressed, READ),
    Route("POST", "/v1/systems/{name}/erasures", erasures.ask, ADMIN, status=202),
    Route("GET", "/v1/systems/{name}/erasures", erasures.list_erasures, ADMIN),
    Route("GET", "/v1/systems/{name}/erasures/{erasure}", erasures.show, ADMIN),
    Route("GET", "/v1/changes", systems.list_changes, READ),
    # incidents
    Route("GET", "/v1/incidents", incidents.list_incidents, READ),
    Route("POST", "/v1/incidents", incidents.declare, RESPOND, status=201),
    Route("GET", _INC, incidents.show, READ),
    Route("GET", f"{_INC}/timeline", incidents.timeline, READ),
    Route("GET", f"{_INC}/pages", incidents.list_pages, READ),
    Route("POST", f"{_INC}/acknowledge", incidents.acknowledge, RESPOND),
    Route("POST", f"{_INC}/notes", incidents.note, RESPOND),
    Route("POST", f"{_INC}/assign", incidents.assign, RESPOND),
    Route("POST", f"{_INC}/roles", command.give_role, RESPOND),
    Route("POST", f"{_INC}/roles/leave", command.leave_role, RESPOND),
    Route("POST", f"{_INC}/notes/{{entry}}", command.correct_note, RESPOND),
    Route("GET", f"{_INC}/tasks", command.list_tasks, READ),
    Route("POST", f"{_INC}/tasks", command.add_task, RESPOND, status=201),
    Route("POST", "/v1/tasks/{task}", command.hand_task, RESPOND),
    Route("POST", "/v1/tasks/{task}/done", command.finish_task, RESPOND),
    Route("POST", "/v1/tasks/{task}/drop", command.drop_task, RESPOND),
    Route("POST", f"{_INC}/severity", incidents.regrade, RESPOND),
    Route("POST", f"{_INC}/resolve", incidents.resolve, RESPOND),
    # telling others
    Route("GET", f"{_INC}/updates", updates.list_updates, READ),
    Route("GET", f"{_INC}/updates/draft", updates.draft, READ),
    Route("POST", f"{_INC}/updates", updates.send, RESPOND, status=201),
    Route("POST", f"{_INC}/war-room", updates.set_war_room, RESPOND),
    # several incidents
    Route("GET", f"{_INC}/alerts", related.list_alerts, READ),
    Route("GET", f"{_INC}/related", related.list_related, READ),
    Route("POST", f"{_INC}/links", related.link, RESPOND, status=201),
    Route("POST", f"{_INC}/links/{{link}}/remove", related.unlink, RESPOND),
    Route("POST", f"{_INC}/merge", related.merge, RESPOND),
    Route("POST", f"{_INC}/split", related.split, RESPOND, status=201),
    # on-call
    Route("GET", "/v1/oncall", oncall.show, READ),
    Route("GET", "/v1/policies/{policy}/preview", oncall.show_preview, READ),
    Route("GET", "/v1/schedules/{schedule}/shifts", oncall.list_shifts, READ),
    Route("GET", "/v1/schedules/{schedule}/calendar.ics", oncall.show_calendar, READ, kind="text"),
    Route("GET", "/v1/overrides", oncall.list_overrides, READ),
    Route("POST", "/v1/overrides", oncall.override, RESPOND, status=201),
    Route("POST", "/v1/overrides/{override}/withdraw", oncall.withdraw, RESPOND),
    Route("GET", "/v1/people", people.list_people, READ),
    Route("GET", "/v1/people/{person}/test-pages", people.list_tests, READ),
    Route("POST", "/v1/people/{person}/test-pages", people.test, RESPOND, status=201),
    # status page
    Route("GET", "/v1/status", bulletins.show_status, READ),
    Route("POST", "/v1/status/erasures", bulletins.erase, ADMIN),
    Route("POST", "/v1/complaints/{reference}/erase", bulletins.erase_complaint, ADMIN),
    Route("GET", f"{_INC}/bulletins", bulletins.list_bulletins, READ),
    Route("POST", f"{_INC}/bulletins", bulletins.say, RESPOND, status=201),
    # silences
    Route("GET", "/v1/silences", silences.list_silences, READ),
    Route("POST", "/v1/silences", silences.make, RESPOND, status=201),
    Route("GET", "/v1/silences/{silence}", silences.show, READ),
    Route("POST", "/v1/silences/{silence}/expire", silences.end, RESPOND),
    # containment
    Route("GET", "/v1/directives", directives.directives, INGEST_),
    Route("GET", "/v1/directives/stream", live.stream_directives, INGEST_, kind="stream"),
    Route("GET", "/v1/playbooks", playbooks.list_playbooks, READ),
    Route("GET", f"{_INC}/playbook", playbooks.show, READ),
    Route("POST", f"{_INC}/playbook", playbooks.choose, RESPOND),
    Route("POST", f"{_INC}/playbook/{{step}}", playbooks.tick, RESPOND),
    Route("GET", f"{_INC}/containment", containment.show_containment, READ),
    Route("GET", f"{_INC}/plans", containment.list_plans, READ),
    Route("POST", f"{_INC}/plans", containment.propose, RESPOND, status=201),
    Route("GET", "/v1/plans/{plan}", containment.show_plan, READ),
    Route("POST", "/v1/plans/{plan}/approve", containment.approve, APPROVE),
    Route("POST", "/v1/plans/{plan}/revert", containment.revert, APPROVE),
    Route("POST", "/v1/plans/{plan}/withdraw", containment.withdraw, RESPOND),
    # diagnosis
    Route("GET", f"{_INC}/diagnosis", diagnoses.show_diagnosis, READ),
    Route("GET", f"{_INC}/ledger", diagnoses.show_ledger, READ),
    # learning
    Route("GET", f"{_INC}/review", reviews.show_review, READ),
    Route("GET", f"{_INC}/review.md", reviews.review_markdown, READ, kind="text"),
    Route("GET", f"{_INC}/actions", reviews.list_actions, READ),
    Route("POST", f"{_INC}/actions", reviews.add_action, RESPOND, status=201),
    # who may do what, who did what
    Route("GET", "/v1/tokens", tokens.list_tokens, ADMIN),
    Route("POST", "/v1/tokens", tokens.make, ADMIN, status=201),
    Route("DELETE", "/v1/tokens/{token}", tokens.revoke, ADMIN, status=204),
    Route("POST", "/v1/sign-in-links", sessions.make_link, ADMIN, status=201),
    Route("GET", "/v1/audit", audit.list_audit, ADMIN),
    Route("GET", "/v1/audit/verify", audit.verify, ADMIN),
    # the server itself
    Route("GET", "/v1/stages", health.list_stages, READ),
    Route("GET", "/healthz", health.healthz, PUBLIC),
    Route("GET", "/readyz", health.readyz, PUBLIC),
    Route("GET", "/metrics", metrics.metrics, READ, kind="text"),
    Route("GET", "/openapi.json", openapi.openapi, READ, kind="text"),
)

INGEST: tuple[Route, ...] = (
    Route(
        "POST",
        "/v1/predictions",
        ingest.post_predictions,
        INGEST_,
        body_bytes=INGEST_BODY_BYTES,
        takes=CONTENT_TYPES,
    ),
    Route(
        "POST",
        "/v1/outcomes",
        ingest.post_outcomes,
        INGEST_,
        body_bytes=INGEST_BODY_BYTES,
        takes=CONTENT_TYPES,
    ),
    Route(
        "POST",
        "/v1/kpis",
        kpis.post_kpis,
        INGEST_,
        body_bytes=INGEST_BODY_BYTES,
        takes=CONTENT_TYPES,
    ),
    Route(
        "POST",
        "/v1/cloudevents",
        events.post_events,
        INGEST_,
        body_bytes=INGEST_BODY_BYTES,
        takes=events.EVENT_TYPES,
    ),
    Route(
        "POST",
        "/v1/traces",
        traces.post_traces,
        INGEST_,
        body_bytes=traces.TRACE_BODY_BYTES,
        takes=OTLP_TYPES,
        gives=OTLP_TYPES,
    ),
    *(
        Route(
            "POST",
            f"/v1/alerts/{name}",
            endpoint,
            INGEST_,
            body_bytes=outside.ALERT_BODY_BYTES,
            takes=("application/json",),
        )
        for name, endpoint in (
            ("alertmanager", outside.post_alertmanager),
            ("grafana", outside.post_grafana),
            ("generic", outside.post_generic),
        )
    ),
    Route("POST", "/v1/changes", ingest.post_change, INGEST_, status=201),
    Route("POST", "/v1/complaints", ingest.post_complaint, INGEST_, status=201),
)
"""What services send; rows come in several formats, see `ingest.parse`."""

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
            per_minute=300,
            for_all_alike=True,
        )
        for path, endpoint, kind in BOARD
    ),
    *(
        Route(method, path, endpoint, PUBLIC, kind="page", limited=True, body_bytes=FORM_BODY_BYTES)
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
    Route("GET", "/playbooks", playbook_list.show, READ, kind="page"),
    Route("GET", "/incidents", incident_list.show, READ, kind="page"),
    Route("GET", "/incidents/{incident}", room.show, READ, kind="page"),
    Route("GET", "/incidents/{incident}/ledger", room.ledger, READ, kind="page"),
    Route("GET", "/incidents/{incident}/review", review.show, READ, kind="page"),
    Route("GET", "/incidents/{incident}/chart.svg", room.picture, READ, kind="text"),
    Route("POST", "/do/incidents", incident_list.declare, RESPOND, kind="page"),
    Route("POST", f"{_DO}/acknowledge", forms.acknowledge, RESPOND, kind="page"),
    Route("POST", f"{_DO}/note", forms.note, RESPOND, kind="page"),
    Route("POST", f"{_DO}/assign", forms.assign, RESPOND, kind="page"),
    Route("POST", f"{_DO}/role", commanding.give_role, RESPOND, kind="page"),
    Route("POST", f"{_DO}/leave", commanding.leave_role, RESPOND, kind="page"),
    Route("POST", f"{_DO}/notes/{{entry}}", commanding.correct, RESPOND, kind="page"),
    Route("POST", f"{_DO}/severity", commanding.regrade, RESPOND, kind="page"),
    Route("POST", f"{_DO}/task", commanding.add_task, RESPOND, kind="page"),
    Route("POST", "/do/tasks/{task}/done", commanding.finish_task, RESPOND, kind="page"),
    Route("POST", "/do/tasks/{task}/drop", commanding.drop_task, RESPOND, kind="page"),
    Route("POST", f"{_DO}/resolve", forms.resolve, RESPOND, kind="page"),
    Route("POST", f"{_DO}/update", telling.send, RESPOND, kind="page"),
    Route("POST", f"{_DO}/war-room", telling.set_war_room, RESPOND, kind="page"),
    Route("POST", f"{_DO}/link", related_forms.link, RESPOND, kind="page"),
    Route("POST", f"{_DO}/links/{{link}}/remove", related_forms.unlink, RESPOND, kind="page"),
    Route("POST", f"{_DO}/merge", related_forms.merge, RESPOND, kind="page"),
    Route("POST", f"{_DO}/split", related_forms.split, RESPOND, kind="page"),
    Route("POST", f"{_DO}/propose", forms.propose, RESPOND, kind="page"),
    Route("POST", f"{_DO}/playbook", forms.follow, RESPOND, kind="page"),
    Route("POST", f"{_DO}/playbook/{{step}}", forms.tick, RESPOND, kind="page"),
    Route("POST", f"{_PLAN}/approve", forms.approve, APPROVE, kind="page"),
    Route("POST", f"{_PLAN}/revert", forms.revert, APPROVE, kind="page"),
    Route("POST", f"{_PLAN}/withdraw", forms.withdraw, RESPOND, kind="page"),
    # the signed link of a page is its own proof; only the button's POST acknowledges
    Route("GET", "/acknowledge/{page_id}", acknowledge.show, PUBLIC, kind="page", limited=True),
    Route(
        "POST",
        "/do/pages/{page_id}/acknowledge",
        acknowledge.acknowledge,
        PUBLIC,
        kind="page",
        limited=True,
    ),
    Route("GET", "/test-pages/{test}", reached.show, PUBLIC, kind="page", limited=True),
    Route(
        "POST",
        "/do/test-pages/{test}/acknowledge",
        reached.acknowledge,
        PUBLIC,
        kind="page",
        limited=True,
    ),
    *STATUS,
    Route("GET", "/sign-in", sign_in.show, PUBLIC, kind="page"),
    Route("POST", "/sign-in", sessions.sign_in, PUBLIC, kind="page", limited=True),
    Route("POST", "/sign-out", sessions.sign_out, PUBLIC, kind="page"),
    Route("GET", "/live", live.stream_changes, READ, kind="stream"),
)
"""Pages for people; what they send (`/do/…`) carries a CSRF token, which the guard asks for."""

ERROR_PAGE: errors.ErrorPage = render.error_page

ROUTES: tuple[Route, ...] = (*API, *INGEST, *PAGES)

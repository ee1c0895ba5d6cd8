"""Every URL of the server: the API on this page, the pages in `pages.urls`.

`asgi.build` mounts exactly this list, each route behind `guard`; there is no other way in.  A route
without a scope cannot be written down, and public ones say so.
"""

from __future__ import annotations

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
    heard,
    in_force,
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
    queue,
    referrals,
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
from tocsin.web.pages import status
from tocsin.web.pages.urls import PAGES
from tocsin.web.route import ADMIN, APPROVE, COMMAND, PUBLIC, READ, RESPOND, Route
from tocsin.web.route import INGEST as INGEST_

INGEST_BODY_BYTES = 32 << 20
REFERRAL_BODY_BYTES = 8 << 20
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
    Route("POST", f"{_INC}/impact", incidents.date, RESPOND),
    Route("POST", f"{_INC}/resolve", incidents.resolve, COMMAND),
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
    Route("POST", f"{_INC}/merge", related.merge, COMMAND),
    Route("POST", f"{_INC}/split", related.split, COMMAND, status=201),
    # on-call
    Route("GET", "/v1/oncall", oncall.show, READ),
    Route("GET", "/v1/policies/{policy}/preview", oncall.show_preview, READ),
    Route("GET", "/v1/schedules/{schedule}/shifts", oncall.list_shifts, READ),
    Route("GET", "/v1/schedules/{schedule}/calendar.ics", oncall.show_calendar, READ, kind="text"),
    Route("GET", "/v1/overrides", oncall.list_overrides, READ),
    Route("POST", "/v1/overrides", oncall.override, RESPOND, status=201),
    Route("POST", "/v1/overrides/{override}/withdraw", oncall.withdraw, RESPOND),
    Route("POST", "/v1/swaps", oncall.swap, RESPOND, status=201),
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
    Route("GET", "/v1/in-force", in_force.show, READ),
    Route("GET", "/v1/playbooks", playbooks.list_playbooks, READ),
    Route("GET", f"{_INC}/playbook", playbooks.show, READ),
    Route("POST", f"{_INC}/playbook", playbooks.choose, RESPOND),
    Route("POST", f"{_INC}/playbook/{{step}}", playbooks.tick, RESPOND),
    Route("GET", f"{_INC}/containment", containment.show_containment, READ),
    Route("GET", f"{_INC}/plans", containment.list_plans, READ),
    Route("POST", f"{_INC}/plans", containment.propose, RESPOND, status=201),
    Route("GET", "/v1/plans/{plan}", containment.show_plan, READ),
    Route("POST", "/v1/plans/{plan}/approve", containment.approve, APPROVE),
    Route("POST", "/v1/plans/{plan}/break-glass", containment.break_glass, APPROVE),
    Route("POST", "/v1/plans/{plan}/ratify", containment.ratify, APPROVE),
    Route("POST", "/v1/plans/{plan}/revert", containment.revert, APPROVE),
    Route("POST", "/v1/plans/{plan}/withdraw", containment.withdraw, RESPOND),
    # decisions before people
    Route("GET", "/v1/systems/{name}/queue", queue.show_queue, READ),
    Route("GET", "/v1/systems/{name}/referrals/answer", referrals.show_answer, INGEST_),
    Route("GET", "/v1/referrals", referrals.list_referrals, READ),
    Route("POST", "/v1/referrals/next", referrals.take_next, RESPOND),
    Route("GET", "/v1/referrals/{referral}", referrals.show, RESPOND),
    Route("POST", "/v1/referrals/{referral}/take", referrals.take, RESPOND),
    Route("POST", "/v1/referrals/{referral}/give-back", referrals.give_back, RESPOND),
    Route("POST", "/v1/referrals/{referral}/judge", referrals.judge, RESPOND),
    Route("POST", "/v1/referrals/{referral}/undo", referrals.undo, RESPOND),
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
    Route("POST", "/v1/people/{person}/sign-out", sessions.sign_out_person, ADMIN),
    Route("GET", "/v1/audit", audit.list_audit, ADMIN),
    Route("GET", "/v1/audit/verify", audit.verify, ADMIN),
    # the server itself
    Route("GET", "/v1/stages", health.list_stages, READ),
    Route("GET", "/healthz", health.healthz, PUBLIC, for_all_alike=True),
    Route(
        "GET", "/readyz", health.readyz, PUBLIC, limited=True, per_minute=600, for_all_alike=True
    ),
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
    Route(
        "POST",
        "/v1/systems/{name}/referrals",
        referrals.post_referrals,
        INGEST_,
        body_bytes=REFERRAL_BODY_BYTES,
        takes=referrals.TYPES,
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
    # PagerDuty's signature is its proof; Opsgenie shows a token
    Route(
        "POST",
        "/v1/pagerduty/{channel}",
        heard.post_pagerduty,
        PUBLIC,
        takes=("application/json",),
        limited=True,
        per_minute=600,  # its addresses are few, and a storm tells every turn of every incident
    ),
    Route(
        "POST",
        "/v1/opsgenie/{channel}",
        heard.post_opsgenie,
        RESPOND,
        takes=("application/json",),
    ),
    Route("POST", "/v1/changes", ingest.post_change, INGEST_, status=201),
    Route("POST", "/v1/complaints", ingest.post_complaint, INGEST_, status=201),
)
"""What services send; rows come in several formats, see `ingest.parse`."""

ERROR_PAGE: errors.ErrorPage = status.error_page

ROUTES: tuple[Route, ...] = (*API, *INGEST, *PAGES)

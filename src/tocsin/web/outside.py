"""POST /v1/alerts/… : alerts of other monitoring systems, which found incidents as our own do.

Kept here, and taken up by the alert duty at its next round.  A repeat changes nothing, so that a
sender may send as often as it likes.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from tocsin.base.errors import BadInput
from tocsin.base.phrases import listing
from tocsin.ingest.outside import BUILT_IN, Reading, read
from tocsin.store import outside, systems
from tocsin.web.access import CallerDep
from tocsin.web.errors import Fault
from tocsin.web.fields import Answer
from tocsin.web.ingest import REASONS_MAX, BodyDep, RejectionAnswer, plain
from tocsin.web.site import Site, SiteDep

ALERT_BODY_BYTES = 8 << 20
System = Annotated[str, Query(description="the system of alerts that name none")]
Mapped = Annotated[str, Query(description="a name under intake: in tocsin.yaml", max_length=64)]


class AlertsAnswer(Answer):
    """What became of the alerts of a body; `rejected` holds the first thousand reasons.

    `new` counts those that said something new; the others were repeats.
    """

    accepted: int
    new: int
    rejected: list[RejectionAnswer]
    rejected_total: int
    error: Fault | None = None
    """Set where an alert was refused (422), so that the sender notices: the first reason."""


def post_alertmanager(  # noqa: PLR0917 - what FastAPI hands over
    request: Request,
    response: Response,
    site: SiteDep,
    caller: CallerDep,
    body: BodyDep,
    system: System = "",
    mapping: Mapped = "alertmanager",
) -> AlertsAnswer:
    """Take what Alertmanager's webhook sends (version 4)."""
    found = _reading(site, mapping)
    return _take(site, caller.name, plain(request, body), found, system, response)


def post_grafana(  # noqa: PLR0917 - what FastAPI hands over
    request: Request,
    response: Response,
    site: SiteDep,
    caller: CallerDep,
    body: BodyDep,
    system: System = "",
    mapping: Mapped = "grafana",
) -> AlertsAnswer:
    """Take what the webhook contact point of Grafana's alerting sends."""
    found = _reading(site, mapping)
    return _take(site, caller.name, plain(request, body), found, system, response)


def post_generic(  # noqa: PLR0917 - what FastAPI hands over
    request: Request,
    response: Response,
    site: SiteDep,
    caller: CallerDep,
    body: BodyDep,
    mapping: Mapped,
    system: System = "",
) -> AlertsAnswer:
    """Take alerts in any JSON, read by a mapping that the configuration declares."""
    found = _reading(site, mapping)
    return _take(site, caller.name, plain(request, body), found, system, response)


def _reading(site: Site, name: str) -> Reading:
    known = BUILT_IN | dict(site.readings)
    if name not in known:
        do = f"there are {listing(sorted(known))}; declare others under intake: in tocsin.yaml"
        raise BadInput(f"no mapping is called {name!r}", where="mapping", do=do)
    return known[name]


def _take(  # noqa: PLR0917 - the facts of one delivery
    site: Site, actor: str, body: bytes, reading: Reading, system: str, response: Response
) -> AlertsAnswer:
    with site.database.reading() as conn:
        declared = systems.declared(conn)
    found = read(body, reading, declared, system)
    new = 0
    if found.alerts:
        with site.database.unit(actor, site.clock()) as unit:
            new = outside.take(unit, found.alerts)
    error = None
    if found.rejected:
        response.status_code = 422
        first = found.rejected[0]
        where = f"alert {first.row}: {first.field}"
        do = "the others were taken; mend these and send again"
        error = Fault(what=first.reason, where=where, do=do)
    return AlertsAnswer(
        accepted=len(found.alerts),
        new=new,
        rejected=[RejectionAnswer.model_validate(r) for r in found.rejected[:REASONS_MAX]],
        rejected_total=len(found.rejected),
        error=error,
    )

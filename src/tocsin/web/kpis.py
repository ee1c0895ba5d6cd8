"""POST /v1/kpis : reported pieces of KPIs, which the detect duty sums into buckets."""

from __future__ import annotations

from fastapi import Request, Response

from tocsin.base.errors import BadInput
from tocsin.ingest.kpis import validate
from tocsin.store import kpis
from tocsin.web.access import CallerDep
from tocsin.web.errors import Fault
from tocsin.web.ingest import (
    REASONS_MAX,
    BodyDep,
    ContentType,
    IngestAnswer,
    RejectionAnswer,
    SystemQuery,
    place,
    plain,
    rows_of,
)
from tocsin.web.site import SiteDep

ROWS_MAX = 100_000


def post_kpis(  # noqa: PLR0917 - what FastAPI hands over
    request: Request,
    response: Response,
    site: SiteDep,
    caller: CallerDep,
    system: SystemQuery,
    body: BodyDep,
    content_type: ContentType = "",
) -> IngestAnswer:
    """Keep pieces of KPIs: rows `{kpi, at, value, n, source}`, at most 100,000 a body.

    The same source's second word on an instant is ignored; a late piece is summed into its bucket,
    which is then judged again.
    """
    with place(site):
        stored, rows = rows_of(site, system, plain(request, body), content_type)
        if len(rows) > ROWS_MAX:
            raise BadInput(f"{len(rows):,} rows", where="body", do=f"send {ROWS_MAX:,} at a time")
        found = validate(rows, stored.system.kpis, site.clock())
        new = 0
        if found.rows:
            with site.database.unit(caller.name, site.clock(), quiet=True) as unit:
                new = kpis.add(unit, stored.spec, found.rows)
    error = None
    if found.rejected and not found.rows:
        response.status_code = 422
        first = found.rejected[0]
        error = Fault(
            what=f"no row was acceptable: {first.reason}",
            where=f"row {first.row}: {first.field}",
            do="mend the rows and send them again",
        )
    return IngestAnswer(
        accepted=new,
        duplicates=len(found.rows) - new,
        ignored_fields=[],
        rejected=[RejectionAnswer.model_validate(r) for r in found.rejected[:REASONS_MAX]],
        rejected_total=len(found.rejected),
        error=error,
    )

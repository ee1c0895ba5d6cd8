"""OTLP/HTTP traces at the protocol's own path, answered in the protocol's own words.

Spans that are no generations are taken and left aside: collectors send whatever a service does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Query, Request, Response

from tocsin.base.errors import NotFound, TocsinError
from tocsin.ingest import otlp, outcomes, predictions, wire
from tocsin.ingest.genai import Told, told
from tocsin.ingest.otlp import OTLP_TYPES, PROTOBUF, TraceSpan, read_spans
from tocsin.ingest.parse import media_type
from tocsin.ingest.privacy import guarded
from tocsin.ingest.rows import Rejection
from tocsin.ingest.trace import outcome_of, prediction_of
from tocsin.store import systems
from tocsin.web.errors import TooMany, UnsupportedType, fault_of
from tocsin.web.ingest import BodyDep, keep, place, plain
from tocsin.web.site import Site, SiteDep

TRACE_BODY_BYTES = 20 << 20
"""What the protocol recommends, packed and unpacked alike."""
_REASONS_SHOWN = 5


@dataclass(slots=True)
class _Refused:
    """Spans that were refused, and what else the sender should hear."""

    spans: int = 0
    reasons: list[str] = field(default_factory=list[str])

    def add(self, span: str | None, field_: str, reason: str, spans: int = 1) -> None:
        self.spans += spans
        if len(self.reasons) < _REASONS_SHOWN:
            self.reasons.append(": ".join(part for part in (span, field_, reason) if part))

    def add_all(self, rejections: Sequence[Rejection], spans: int) -> None:
        for one in rejections:
            self.add(one.id, one.field, one.reason, spans)


def post_traces(
    request: Request,
    site: SiteDep,
    body: BodyDep,
    system: Annotated[str, Query(description="the system; otherwise `service.name` tells")] = "",
) -> Response:
    """Store the generations among the spans of an ExportTraceServiceRequest, and their labels.

    Protobuf or JSON, gzip or not; durable when answered.  Answers with an
    ExportTraceServiceResponse, or a Status message where the request fails.
    """
    said = media_type(request.headers.get("content-type", ""))
    kind = said if said in OTLP_TYPES else PROTOBUF
    try:
        if said not in OTLP_TYPES:
            raise UnsupportedType(f"content type {said!r}; send one of {', '.join(OTLP_TYPES)}")
        with place(site):
            refused = _kept(site, read_spans(plain(request, body), kind), system)
    except TocsinError as trouble:
        code, fault = fault_of(trouble)
        wait_s = trouble.retry_after_s if isinstance(trouble, TooMany) else None
        return Response(
            otlp.status(kind, " ".join(part for part in (fault.what, fault.do) if part)),
            status_code=code,
            media_type=kind,
            headers={} if wait_s is None else {"Retry-After": str(wait_s)},
        )
    return Response(otlp.answer(kind, refused.spans, "; ".join(refused.reasons)), media_type=kind)


def _kept(site: Site, spans: Sequence[TraceSpan], system: str) -> _Refused:
    """Store what the spans tell, system by system, and return what was refused."""
    refused = _Refused()
    for names, some in _by_service(spans, system):
        found = told(some)
        for span, field_, reason in found.refused:
            refused.add(span, field_, reason)
        if found.traces or found.evaluations:
            try:
                _keep(site, names, found, refused)
            except NotFound as fault:
                refused.add(None, "service.name", str(fault), len(found.traces))
    return refused


def _by_service(
    spans: Sequence[TraceSpan], system: str
) -> Iterator[tuple[tuple[str, ...], list[TraceSpan]]]:
    groups: dict[tuple[str, ...], list[TraceSpan]] = {}
    for span in spans:
        name = str(span.resource.get("service.name") or "")
        space = str(span.resource.get("service.namespace") or "")
        names = (name, f"{space}/{name}") if space else (name,)
        groups.setdefault((system,) if system else names, []).append(span)
    yield from groups.items()


def _keep(site: Site, names: tuple[str, ...], found: Told, refused: _Refused) -> None:
    now = site.clock()
    with site.database.reading() as conn:
        stored = systems.called(conn, names)
    name, schema = stored.system.name, stored.spec.schema
    rows = [prediction_of(trace, stored.system, schema) for trace in found.traces]
    source = wire.of_objects(rows, schema)
    accepted = predictions.accept(source, schema, now, kind=stored.system.kind)
    labels = [outcome_of(id_, some, stored.system) for id_, some in found.evaluations.items()]
    judged = outcomes.validate([one for one in labels if one is not None], stored.system, now)
    refused.add_all(accepted.rejected, spans=1)
    refused.add_all(judged.rejected, spans=0)
    keep(site, name, "predictions", guarded(accepted, stored.system, site.secret))
    keep(site, name, "outcomes", guarded(judged, stored.system, site.secret))

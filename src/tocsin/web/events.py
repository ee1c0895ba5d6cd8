"""What serving platforms log: KServe's request and response events, one by one or in batches.

An event is answered when it is in the store; the `join` duty makes rows of those whose other half
is there too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import Query, Request, Response

from tocsin.base.errors import BadInput, NotFound
from tocsin.ingest import kserve
from tocsin.ingest.events import BATCHED, STRUCTURED, Event, Unreadable, is_binary, read_events
from tocsin.ingest.kserve import LOG_TYPES, Half
from tocsin.ingest.parse import media_type
from tocsin.ingest.rows import Rejection
from tocsin.store import halves, systems
from tocsin.store.systems import StoredSystem
from tocsin.web.errors import Fault, UnsupportedType
from tocsin.web.fields import Answer, Instant
from tocsin.web.ingest import REASONS_MAX, BodyDep, IngestAnswer, RejectionAnswer, plain
from tocsin.web.site import SiteDep

EVENT_TYPES = (STRUCTURED, BATCHED, *LOG_TYPES, "application/octet-stream")
ACTOR = "ingest"


@dataclass(slots=True)
class _Sorted:
    """The events of one body: halves by system, and what was refused or left out."""

    halves: dict[str, list[Half]] = field(default_factory=dict[str, list[Half]])
    rejected: list[Rejection] = field(default_factory=list[Rejection])
    ignored: dict[str, None] = field(default_factory=dict[str, None])


class DroppedAnswer(Answer):
    """What was acknowledged and became no row; `example` names one of the newest."""

    reason: str
    number: int
    at: datetime
    example: str


class IntakeAnswer(Answer):
    """How it stands with the logged calls of one system."""

    halves_waiting: int
    dropped: list[DroppedAnswer]


def post_events(  # noqa: PLR0917 - what FastAPI hands over
    request: Request,
    response: Response,
    site: SiteDep,
    body: BodyDep,
    system: Annotated[
        str, Query(description="the system; otherwise `inferenceservicename` tells")
    ] = "",
    at: Annotated[
        Instant | None, Query(description="when the calls of a stored batch were made")
    ] = None,
) -> IngestAnswer:
    """Store CloudEvents of KServe's logger (binary, structured, batched) or a batch of its files.

    Answered when the halves are durable; a row is made as soon as both halves of a call are here.
    """
    now = site.clock()
    parts = _parts(request, plain(request, body), at or now)
    with site.database.reading() as conn:
        found = _sort(conn, parts, system, now)
    accepted = 0
    if found.halves:
        with site.database.unit(ACTOR, now, quiet=True) as unit:
            accepted = sum(halves.add(unit, name, some) for name, some in found.halves.items())
    duplicates = sum(map(len, found.halves.values())) - accepted
    error = None
    if found.rejected and not accepted and not duplicates:
        response.status_code = 422
        first = found.rejected[0]
        error = Fault(
            what=f"no event was acceptable: {first.reason}",
            where=f"event {first.row}: {first.field}" if first.field else f"event {first.row}",
            do="mend the events and send them again",
        )
    return IngestAnswer(
        accepted=accepted,
        duplicates=duplicates,
        ignored_fields=list(found.ignored),
        rejected=[RejectionAnswer.model_validate(r) for r in found.rejected[:REASONS_MAX]],
        rejected_total=len(found.rejected),
        error=error,
    )


def show_intake(site: SiteDep, name: str) -> IntakeAnswer:
    """Return how many halves of logged calls wait, and what came to nothing and why."""
    with site.database.reading() as conn:
        systems.get(conn, name)
        return IntakeAnswer(
            halves_waiting=halves.waiting(conn, name),
            dropped=[DroppedAnswer.model_validate(one) for one in halves.dropped(conn, name)],
        )


def _parts(request: Request, body: bytes, at: datetime) -> list[Event | Unreadable]:
    kind = media_type(request.headers.get("content-type", ""))
    headers = dict(request.headers)
    if kind in (STRUCTURED, BATCHED) or is_binary(headers):
        return read_events(headers, body)
    if kind not in LOG_TYPES:
        raise UnsupportedType(
            f"content type {kind or 'missing'!r} and no ce- headers; send one of "
            f"{', '.join(EVENT_TYPES)}"
        )
    return kserve.read_log(body, kind, at)


def _called(conn: sa.Connection, names: tuple[str, ...]) -> StoredSystem | NotFound:
    try:
        return systems.called(conn, names)
    except NotFound as fault:
        return fault


def _sort(
    conn: sa.Connection, parts: Iterable[Event | Unreadable], system: str, now: datetime
) -> _Sorted:
    found = _Sorted()
    known: dict[tuple[str, ...], StoredSystem | NotFound] = {}
    for row, part in enumerate(parts):
        if isinstance(part, Unreadable):
            found.rejected.append(Rejection(row, part.id, part.field, part.reason))
            continue
        names = (system,) if system else kserve.served_names(part)
        if names not in known:
            known[names] = _called(conn, names)
        stored = known[names]
        if isinstance(stored, NotFound):
            found.rejected.append(Rejection(row, part.id, "inferenceservicename", str(stored)))
            continue
        try:
            read = kserve.read_half(part, stored.system, stored.spec.schema, now)
        except BadInput as fault:
            found.rejected.append(Rejection(row, part.id, fault.where, fault.what))
        else:
            found.halves.setdefault(stored.system.name, []).append(read.half)
            found.ignored |= dict.fromkeys(read.ignored)
    return found

"""What services send: predictions, outcomes, changes, complaints.

Predictions and outcomes are answered when they are on the disk.  Every row has an id, so a body
that is sent again does no harm; changes and complaints take an `Idempotency-Key` for that.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from fastapi import Body, Depends, Header, Query, Request, Response

from tocsin.base.errors import BadInput, Conflict, NotFound, Unavailable
from tocsin.ingest import outcomes, predictions
from tocsin.ingest.change import Change, ChangeKind, Complaint
from tocsin.ingest.changes import parse_change
from tocsin.ingest.complaints import parse_complaint
from tocsin.ingest.parse import CONTENT_TYPES, media_type, parse
from tocsin.ingest.privacy import guarded, stored_ids
from tocsin.ingest.rows import Accepted
from tocsin.ingest.unpack import ENCODINGS, unpack
from tocsin.lake.committer import QueueFull
from tocsin.lake.delta import TableName
from tocsin.store import changes, systems
from tocsin.store.systems import StoredSystem
from tocsin.store.unit import Unit
from tocsin.web.errors import Fault, TooLarge, TooMany, UnsupportedType
from tocsin.web.fields import Answer, Conditions, Instant, Name, Order, Text
from tocsin.web.site import Site, SiteDep
from tocsin.web.writing import WritingDep

Noun = TypeVar("Noun", Change, Complaint)
REASONS_MAX = 1000
DURABLE_WITHIN_S = 60.0
"""How long a request waits for its rows to be stored; then it is told to come back."""


class RejectionAnswer(Answer):
    """Why one row was refused; rows count from 0 within the body."""

    row: int
    id: str | None
    field: str
    reason: str


class IngestAnswer(Answer):
    """What became of a body's rows; `rejected` holds the first thousand reasons."""

    accepted: int
    duplicates: int
    ignored_fields: list[str]
    rejected: list[RejectionAnswer]
    rejected_total: int
    error: Fault | None = None
    """Set where no row was acceptable (422): the first reason."""


class ChangeOrder(Order):
    """Something that may cause trouble later: say it when it happens."""

    id: Name | None = None
    system: Name | None = None
    kind: ChangeKind
    title: Text
    at: Instant | None = None
    scope: dict[str, str] | str | None = None
    features: list[str] | None = None
    version: str | None = None
    facts: dict[str, Any] | None = None


class RecordedChange(Answer):
    """A change as recorded."""

    id: str
    system: str
    kind: ChangeKind
    title: str
    at: Instant
    scope: Conditions
    features: list[str]
    version: str | None


class ComplaintOrder(Order):
    """A person's report of harm."""

    id: Name | None = None
    system: Name | None = None
    text: Text
    at: Instant | None = None
    prediction_id: str | None = None
    slice: dict[str, str] | str | None = None
    contact: str | None = None


class RecordedComplaint(Answer):
    """A complaint as recorded."""

    id: str
    system: str
    at: Instant
    prediction_id: str | None


async def body_of(request: Request) -> bytes:
    """Return the body, which the guard has read and bounded; it may be compressed, see `plain`."""
    return await request.body()


def plain(request: Request, body: bytes) -> bytes:
    """Return the body without its compression; what it becomes is bounded as the body itself is.

    Raises:
        UnsupportedType: a compression that we do not read.
        TooLarge: it becomes more than this route takes.
        TooMany: other bodies hold the memory.
        BadInput: it is broken.
    """
    said = request.headers.get("content-encoding", "").strip().lower()
    if said in ("", "identity"):
        return body
    if said not in ENCODINGS:
        raise UnsupportedType(f"content encoding {said!r}; send one of {', '.join(ENCODINGS)}")
    limit_bytes: int = request.scope["route"].guard.body_bytes
    unpacked = unpack(body, said, limit_bytes)
    if unpacked is None:
        raise TooLarge(f"the body unpacks to more than the {limit_bytes} bytes taken here")
    request.state.share.take(len(unpacked))
    return unpacked


@contextmanager
def place(site: Site) -> Generator[None]:
    """Hold one of the places of requests that are being read or wait for the disk.

    Raises:
        TooMany: none is free.
    """
    if not site.ingest_places.acquire(blocking=False):
        raise TooMany("too many requests wait for the disk", retry_after_s=1)
    try:
        yield
    finally:
        site.ingest_places.release()


SystemQuery = Annotated[str, Query(description="the system's name in tocsin.yaml")]
BodyDep = Annotated[bytes, Depends(body_of)]
ContentType = Annotated[str, Header(description=" | ".join(CONTENT_TYPES))]


def post_predictions(  # noqa: PLR0917 - what FastAPI hands over
    request: Request,
    response: Response,
    site: SiteDep,
    system: SystemQuery,
    body: BodyDep,
    content_type: ContentType = "",
) -> IngestAnswer:
    """Store predictions: JSON, NDJSON, Arrow IPC or Parquet, at most 32 MiB unpacked."""
    with place(site):
        with site.ingest_readers:
            stored, rows = rows_of(site, system, plain(request, body), content_type)
            now = site.clock()
            found = predictions.validate(rows, stored.spec.schema, stored.system, now)
            del rows
            found = guarded(found, stored.system, site.secret)
        return _stored(response, site, system, "predictions", found)


def post_outcomes(  # noqa: PLR0917 - what FastAPI hands over
    request: Request,
    response: Response,
    site: SiteDep,
    system: SystemQuery,
    body: BodyDep,
    content_type: ContentType = "",
) -> IngestAnswer:
    """Store the labels of predictions, whenever they become known."""
    with place(site):
        with site.ingest_readers:
            stored, rows = rows_of(site, system, plain(request, body), content_type)
            found = outcomes.validate(rows, stored.system, site.clock())
            del rows
            found = guarded(found, stored.system, site.secret)
        return _stored(response, site, system, "outcomes", found)


def post_change(
    writing: WritingDep, order: Annotated[ChangeOrder, Body()], system: str = ""
) -> RecordedChange:
    """Record a change, so that diagnosis can name it."""

    def act(unit: Unit) -> RecordedChange:
        id_ = order.id or unit.new_id("chg")
        change = parse_change(_said(order), id_, unit.now, system)
        systems.get(unit.conn, change.system)
        if order.id:
            known = _known(lambda: changes.get(unit.conn, id_))
            if known is not None:
                _refuse_another(known.system, change.system, id_)
                return RecordedChange.model_validate(known)
        changes.add(unit, change)
        return RecordedChange.model_validate(change)

    return writing.once(RecordedChange, act, 201)


def post_complaint(
    writing: WritingDep, order: Annotated[ComplaintOrder, Body()], system: str = ""
) -> RecordedComplaint:
    """Record a person's report of harm."""

    def act(unit: Unit) -> RecordedComplaint:
        id_ = order.id or unit.new_id("cmp")
        complaint = parse_complaint(_said(order), id_, unit.now, system)
        its = systems.get(unit.conn, complaint.system).system
        if complaint.prediction_id is not None:
            (stored_id,) = stored_ids([complaint.prediction_id], its, writing.site.secret)
            complaint = replace(complaint, prediction_id=stored_id)
        if order.id:
            known = _known(lambda: changes.get_complaint(unit.conn, id_))
            if known is not None:
                _refuse_another(known.system, complaint.system, id_)
                return RecordedComplaint.model_validate(known)
        changes.add_complaint(unit, complaint)
        return RecordedComplaint.model_validate(complaint)

    return writing.once(RecordedComplaint, act, 201)


def rows_of(site: Site, name: str, body: bytes, content_type: str) -> tuple[StoredSystem, Any]:
    """Return the system and the rows of a body for it.

    Raises:
        UnsupportedType: a content type that we do not read.
        NotFound: no such system.
        BadInput: the body is broken.
    """
    if media_type(content_type) not in CONTENT_TYPES:
        raise UnsupportedType(
            f"content type {content_type or 'missing'!r}; send one of {', '.join(CONTENT_TYPES)}"
        )
    with site.database.reading() as conn:
        stored = systems.get(conn, name)
    return stored, parse(body, content_type)


def _stored(
    response: Response, site: Site, system: str, table: TableName, found: Accepted
) -> IngestAnswer:
    """Wait until the good rows are durable, then say what became of every row."""
    accepted, duplicates = keep(site, system, table, found)
    error = None
    if found.rejected and not accepted and not duplicates:
        response.status_code = 422
        first = found.rejected[0]
        error = Fault(
            what=f"no row was acceptable: {first.reason}",
            where=f"row {first.row}: {first.field}" if first.field else f"row {first.row}",
            do="mend the rows and send them again",
        )
    return IngestAnswer(
        accepted=accepted,
        duplicates=duplicates,
        ignored_fields=list(found.ignored_fields),
        rejected=[RejectionAnswer.model_validate(r) for r in found.rejected[:REASONS_MAX]],
        rejected_total=len(found.rejected),
        error=error,
    )


def keep(site: Site, system: str, table: TableName, found: Accepted) -> tuple[int, int]:
    """Wait until the good rows are durable; return how many were new and how many repeats.

    Raises:
        TooMany: too many rows wait for the disk.
        Unavailable: the disk refuses, is too slow, or the lake cannot take these columns yet.
    """
    accepted, duplicates = 0, found.duplicates
    if found.table.num_rows:
        try:
            receipt = site.committer.submit(system, table, found.table).result(DURABLE_WITHIN_S)
        except BadInput as misfit:  # the rows fit the declaration, so they are not at fault: keep
            raise Unavailable(f"the lake cannot take these columns yet: {misfit}") from None
        except QueueFull as full:
            raise TooMany(str(full), retry_after_s=full.retry_after_s) from None
        except TimeoutError:
            raise Unavailable(
                "the disk is slow and the rows are still waiting; send them again, it does no harm"
            ) from None
        accepted, duplicates = receipt.accepted, duplicates + receipt.duplicates
    return accepted, duplicates


def _said(order: Order) -> dict[str, Any]:
    """Return what the order says, in the words that the room reads."""
    return order.model_dump(mode="json", exclude_none=True)


def _known(look: Callable[[], Noun]) -> Noun | None:
    try:
        return look()
    except NotFound:
        return None


def _refuse_another(stored: str, asked: str, id_: str) -> None:
    if stored != asked:
        raise Conflict(f"{id_} was recorded for another system; use another id")

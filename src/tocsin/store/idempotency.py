"""Answers already given: a request that is sent twice with one key is done once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tocsin.base.errors import Conflict
from tocsin.store import tables
from tocsin.store.codec import Json
from tocsin.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to the first request."""

    status: int
    body: Json


def recall(conn: sa.Connection, key: str, request: bytes) -> Answer | None:
    """Return the answer given under `key`; None: it is new.

    Raises:
        Conflict: the key was used for another request.
    """
    table = tables.idempotency
    row = conn.execute(sa.select(table).where(table.c.key == key)).one_or_none()
    if row is None:
        return None
    if row.request_sha256 != hashlib.sha256(request).hexdigest():
        raise Conflict("this Idempotency-Key was used for another request; make a new key")
    return Answer(row.status, row.answer)


def remember(unit: Unit, key: str, request: bytes, answer: Answer) -> None:
    """Keep `answer` under `key`, in the same unit as what the request did.

    The unit ends in `Conflict` if the same request is being done at the same time.
    """
    unit.conn.execute(
        sa.insert(tables.idempotency).values(
            key=key,
            request_sha256=hashlib.sha256(request).hexdigest(),
            status=answer.status,
            answer=answer.body,
            at=unit.now,
        )
    )


def forget(unit: Unit, before: datetime) -> int:
    """Delete the answers given before `before`; return how many."""
    table = tables.idempotency
    return unit.conn.execute(sa.delete(table).where(table.c.at < before)).rowcount

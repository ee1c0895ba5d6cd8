"""The audit log over HTTP: read it, and have its chain checked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query

from tocsin.store import audit, incidents
from tocsin.web.fields import Answer
from tocsin.web.site import SiteDep

MOST = 1000


class AuditLine(Answer):
    """One act and its link in the chain."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    facts: dict[str, str]
    prev_hash: str
    hash: str


class AuditAnswer(Answer):
    """Acts, newest first; page on with `before` = the last `seq`."""

    acts: list[AuditLine]


class VerifyAnswer(Answer):
    """Whether the chain is whole; `seq` and `hash` are the seal to keep elsewhere."""

    whole: bool
    problems: list[str]
    seq: int
    hash: str


def list_audit(
    site: SiteDep,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    before: Annotated[int | None, Query(ge=0, le=1 << 62)] = None,
) -> AuditAnswer:
    """Return who did what."""
    with site.database.reading() as conn:
        rows = audit.recent(conn, limit, before)
    return AuditAnswer(acts=[line(row) for row in rows])


def line(row: audit.AuditRow) -> AuditLine:
    """Return one row as it looks from outside."""
    return AuditLine(
        seq=row.seq,
        at=row.act.at,
        actor=row.act.actor,
        action=row.act.action,
        subject=row.act.subject,
        facts=dict(row.act.facts),
        prev_hash=row.prev_hash,
        hash=row.hash,
    )


def verify(site: SiteDep) -> VerifyAnswer:
    """Check the whole chain, and the timelines against it."""
    with site.database.reading() as conn:
        problems = [*audit.verify(conn), *incidents.altered(conn)]
        seq, link = audit.head(conn)
    return VerifyAnswer(whole=not problems, problems=problems, seq=seq, hash=link)

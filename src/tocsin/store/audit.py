"""The audit log: who did what, each row chained to the one before by its hash.

    hash = sha256(prev_hash + canonical JSON of (at, actor, action, subject, facts))

The first row's `prev_hash` is empty.  The row's place is told by the chain and not by `seq`, so
that a moved row is told from an edited one.  `head` holds the last link: rows removed from the end
are missed too.  Whoever can write every table can forge a whole new chain; keep a copy of the head
elsewhere (`tocsin audit export`) and it will not match.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tocsin.store import tables

_HEAD = 1
# every commit ends with these: made once
_COUNT = (  # takes the row's lock, so that the head read back is the newest on either database
    sa.update(tables.head)
    .where(tables.head.c.id == _HEAD)
    .values(changes=tables.head.c.changes + sa.bindparam("more"))
    .returning(tables.head.c.audit_seq, tables.head.c.audit_hash, tables.head.c.changes)
)
_CHAIN = sa.insert(tables.audit)
_SEAL = sa.update(tables.head).values(
    audit_seq=sa.bindparam("last"), audit_hash=sa.bindparam("link")
)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that was done."""

    at: datetime
    actor: str
    action: str
    subject: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One act in its place in the chain."""

    seq: int
    act: Act
    prev_hash: str
    hash: str


def append(conn: sa.Connection, acts: Sequence[Act], changes: int) -> int:
    """Chain `acts`, count `changes` more committed units, and return the new count.

    Called by the unit as its last statement: the head's row stays locked until the commit.
    """
    if not acts and not changes:
        return 0
    last = conn.execute(_COUNT, {"more": changes}).one()
    seq, link = last.audit_seq, last.audit_hash
    rows: list[dict[str, object]] = []
    for act in acts:
        seq, before = seq + 1, link
        link = link_hash(before, act)
        rows.append(
            {
                "seq": seq,
                "at": act.at,
                "actor": act.actor,
                "action": act.action,
                "subject": act.subject,
                "facts": dict(act.facts),
                "prev_hash": before,
                "hash": link,
            }
        )
    if rows:
        conn.execute(_CHAIN, rows)
        conn.execute(_SEAL, {"last": seq, "link": link})
    return last.changes


def recent(conn: sa.Connection, limit: int, before: int | None = None) -> list[AuditRow]:
    """Return the newest `limit` rows, newest first; `before` is the `seq` to page on from."""
    audit = tables.audit
    query = sa.select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.seq < before)
    return [_row(row) for row in conn.execute(query)]


def head(conn: sa.Connection) -> tuple[int, str]:
    """Return the last row's `seq` and hash: what to keep elsewhere as a seal."""
    row = conn.execute(sa.select(tables.head)).one()
    return row.audit_seq, row.audit_hash


def verify(conn: sa.Connection) -> list[str]:
    """Return what is wrong with the chain, the first broken row first; empty when it is whole."""
    audit = tables.audit
    hashes = {row.hash: row.seq for row in conn.execute(sa.select(audit.c.seq, audit.c.hash))}
    problems: list[str] = []
    link, last = "", 0
    for raw in conn.execute(sa.select(audit).order_by(audit.c.seq)):
        row = _row(raw)
        if row.prev_hash != link:
            problems.append(_broken(row, last, hashes))
        elif row.seq != last + 1:
            problems.append(f"audit row {row.seq}: renumbered; {last + 1} was expected")
        if link_hash(row.prev_hash, row.act) != row.hash:
            problems.append(f"audit row {row.seq}: edited; its content does not give its hash")
        link, last = row.hash, row.seq
    seq, sealed = head(conn)
    if last < seq:
        problems.append(f"audit rows {last + 1} to {seq}: removed from the end")
    elif (last, link) != (seq, sealed) and not problems:
        problems.append(f"audit row {last}: not the last link that was sealed ({seq})")
    return problems


def link_hash(prev_hash: str, act: Act) -> str:
    """Return the hash of the row that says `act` after the row with `prev_hash`."""
    facts = {
        "at": act.at.isoformat(timespec="microseconds"),
        "actor": act.actor,
        "action": act.action,
        "subject": act.subject,
        "facts": dict(act.facts),
    }
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((prev_hash + canonical).encode()).hexdigest()


def _broken(row: AuditRow, last: int, hashes: Mapping[str, int]) -> str:
    if row.prev_hash in hashes or (not row.prev_hash and row.seq > 1):
        follows = hashes.get(row.prev_hash, 0)
        return f"audit row {row.seq}: reordered; it was written right after row {follows}"
    if row.seq > last + 1:
        return f"audit row {row.seq}: rows {last + 1} to {row.seq - 1} before it were removed"
    return f"audit row {row.seq}: the row before it was removed or replaced"


def _row(row: Row[tuple[object, ...]]) -> AuditRow:
    act = Act(row.at, row.actor, row.action, row.subject, row.facts)
    return AuditRow(row.seq, act, row.prev_hash, row.hash)

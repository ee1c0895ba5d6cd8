"""The outbox of pages.

    due ──claim──> claimed(owner, lease_until) ──accepted──> accepted(receipt) ──> acknowledged
     ^                    │         │
     └──failed, try again─┘         └──failed for good──> failed

`outbox` moves a page as far as `accepted` and says what a crash does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from tocsin.alert.ports import Receipt
from tocsin.base.errors import NotFound
from tocsin.incident.incident import Severity
from tocsin.incident.joining import FIRST, Asked, is_join
from tocsin.oncall.escalation import call_key
from tocsin.oncall.policy import Call, Called, Contact
from tocsin.store import incidents, outbox, tables
from tocsin.store.codec import decode, encode
from tocsin.store.outbox import LIVE as LIVE  # noqa: PLC0414 - found here
from tocsin.store.outbox import PageState as PageState  # noqa: PLC0414 - the same
from tocsin.store.unit import Unit
from tocsin.store.upsert import insert_or_ignore


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """One page in the outbox.  `key` names it for ever, also for the receiver."""

    id: str
    key: str
    incident: str
    rung: int
    round: int
    contact: Contact
    state: PageState
    due_at: datetime
    next_try_at: datetime
    attempts: int
    owner: str | None
    lease_until: datetime | None
    error: str | None
    receipt: Receipt | None
    accepted_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    created_at: datetime
    why: str = ""
    """What is odd about whom it calls, as a clause."""

    @property
    def current(self) -> bool:
        """Whether it belongs to the escalation that runs now, not to one that an expiry ended."""
        return not self.key.endswith(f"#{self.id}")


@dataclass(frozen=True, slots=True)
class Unguarded:
    """An incident that waits for somebody while no page for it will ever be sent."""

    incident: str
    number: int
    why: str


_SPARED = (
    tables.page.c.state == PageState.ACKNOWLEDGED.value,
    tables.page.c.attempts == 0,
)
"""Planned, and never sent because somebody acknowledged in time."""


def add(unit: Unit, incident: str, calls: Sequence[Call]) -> None:
    """Put `calls` for the incident with this id into the outbox; those that stand already stay.

    A page that was planned and then spared by an acknowledgement is due again: nobody had it.
    """
    table = tables.page
    for call in calls:
        unit.conn.execute(
            sa.update(table)
            .where(table.c.key == call_key(incident, call), *_SPARED)
            .values(
                state=PageState.DUE.value,
                due_at=call.due_at,
                next_try_at=call.due_at,
                acknowledged_at=None,
                acknowledged_by=None,
            )
        )
    rows = [
        {
            "id": unit.new_id("page"),
            "key": call_key(incident, call),
            "incident": incident,
            "rung": call.rung,
            "round": call.round,
            "contact": encode(call.contact),
            "why": call.why or None,
            "state": PageState.DUE.value,
            "due_at": call.due_at,
            "next_try_at": call.due_at,
            "attempts": 0,
            "created_at": unit.now,
        }
        for call in calls
    ]
    insert_or_ignore(unit.conn, tables.page, rows)


def hasten(unit: Unit, incident: str, calls: Sequence[Call]) -> int:
    """Put `calls` into the outbox, due now, even if they were planned for later.

    A page that was tried already keeps its own next try; one out or answered stays as it is.

    Returns:
        How many planned pages were brought forward; new ones do not count.
    """
    table = tables.page
    keys = [call_key(incident, call) for call in calls]
    planned = (table.c.state == PageState.DUE.value, table.c.attempts == 0)
    sooner = unit.conn.execute(
        sa.update(table)
        .where(table.c.key.in_(keys), *planned, table.c.due_at > unit.now)
        .values(due_at=unit.now, next_try_at=unit.now)
    )
    add(unit, incident, calls)
    return sooner.rowcount


def calls(conn: sa.Connection, incident: str) -> list[Called]:
    """Return what escalation already decided for the incident with this id, whatever became of it.

    A page that an acknowledgement spared was never made: should paging begin again, it counts
    as undecided.
    """
    return [
        _called(page)
        for page in of_incident(conn, incident)
        if page.current
        and not is_join(page.rung)
        and (page.state is not PageState.ACKNOWLEDGED or page.attempts)
    ]


def asked(conn: sa.Connection, incident: str) -> list[Asked]:
    """Return whom the matrix already asked to join the incident with this id, or will ask."""
    return [
        Asked(_called(page), page.acknowledged_at is not None)
        for page in of_incident(conn, incident)
        if is_join(page.rung)
    ]


def claim(unit: Unit, owner: str, lease: timedelta, limit: int) -> list[PageRow]:
    """Take up to `limit` pages that are due, or whose lease ran out, the longest due first.

    Args:
        unit: where to write; commit it before sending anything.
        owner: the worker's name.
        lease: after how long without an answer somebody else may send them.
        limit: how many at the most.

    Returns:
        The pages that are now this owner's.
    """
    rows = outbox.claim(unit, tables.page, owner, lease, limit)
    return [_page(row) for row in rows]


def renew(unit: Unit, rows: Sequence[PageRow], lease: timedelta) -> None:
    """Let the leases of pages that are still being sent last `lease` from now."""
    outbox.renew(unit, tables.page, rows, lease)


def pull(unit: Unit, incident: str, by: timedelta) -> None:
    """Move all that the incident's pages wait for `by` nearer: a clock was put back by as much."""
    table = tables.page
    moved = (table.c.due_at, table.c.next_try_at, table.c.lease_until)
    for row in unit.conn.execute(sa.select(table.c.id, *moved).where(table.c.incident == incident)):
        unit.conn.execute(
            sa.update(table)
            .where(table.c.id == row.id)
            .values(
                due_at=row.due_at - by,
                next_try_at=row.next_try_at - by,
                lease_until=row.lease_until and row.lease_until - by,
            )
        )


def accepted(unit: Unit, page: PageRow, receipt: Receipt) -> bool:
    """Record that the receiver took `page`; return whether it still waited for that.

    The receipt counts even if the lease was lost meanwhile: the page did arrive.  A page that was
    acknowledged in the meantime stays acknowledged and keeps the receipt.
    """
    return outbox.accepted(unit, tables.page, page, receipt)


def failed(unit: Unit, page: PageRow, error: str, next_try_at: datetime | None) -> bool:
    """Record that `page` was not taken; return whether it was still this owner's.

    `next_try_at` is when to try again; None: never, somebody else must be told.
    """
    return outbox.failed(unit, tables.page, page, error, next_try_at)


def stuck(unit: Unit, page: PageRow, error: str) -> bool:
    """Record why `page` could not even be tried; its claim stays, and it is overdue in time."""
    return outbox.stuck(unit, tables.page, page, error)


def acknowledge(unit: Unit, incident: str, by: str) -> int:
    """Stop escalation for the incident with this id; return how many pages were still open.

    Pages that failed for good stay as they are: they say what did not work.  Those that ask
    somebody to join go on: whoever has the incident still needs the others.
    """
    return _acknowledge(unit, by, tables.page.c.incident == incident, tables.page.c.rung < FIRST)


def close(unit: Unit, incident: str, by: str) -> int:
    """Stop every page for the incident with this id, which is over; return how many were open."""
    return _acknowledge(unit, by, tables.page.c.incident == incident)


def answer(unit: Unit, page: PageRow) -> bool:
    """Record that whom `page` asks to join has answered; return whether that is news."""
    return bool(_acknowledge(unit, page.contact.person, tables.page.c.id == page.id))


def _acknowledge(unit: Unit, by: str, *those: sa.ColumnElement[bool]) -> int:
    table = tables.page
    waiting = [PageState.DUE, PageState.CLAIMED, PageState.ACCEPTED]
    moved = unit.conn.execute(
        sa.update(table)
        .where(*those, table.c.state.in_(waiting))
        .values(
            state=PageState.ACKNOWLEDGED.value,
            acknowledged_at=unit.now,
            acknowledged_by=by,
            owner=None,
            lease_until=None,
        )
    )
    return moved.rowcount


def retire(unit: Unit, incident: str, by: str) -> None:
    """Let paging for the incident with this id begin anew: what was decided decides nothing more.

    The pages stay, and so do their links; only their keys are free for others.
    """
    acknowledge(unit, incident, by)
    table = tables.page
    for page in of_incident(unit.conn, incident):
        if page.current and not is_join(page.rung):
            unit.conn.execute(
                sa.update(table).where(table.c.id == page.id).values(key=f"{page.key}#{page.id}")
            )


def get(conn: sa.Connection, page_id: str) -> PageRow:
    """Return one page.

    Raises:
        NotFound: there is none with this id.
    """
    found = conn.execute(sa.select(tables.page).where(tables.page.c.id == page_id))
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFound(f"no page {page_id}; open the incident from the list instead")
    return _page(row)


def of_incident(conn: sa.Connection, incident: str) -> list[PageRow]:
    """Return every page of the incident with this id, in the order in which they are due."""
    table = tables.page
    query = sa.select(table).where(table.c.incident == incident)
    found = conn.execute(query.order_by(table.c.due_at, table.c.rung, table.c.round, table.c.id))
    return [_page(row) for row in found.mappings()]


def unguarded(conn: sa.Connection, now: datetime) -> list[Unguarded]:
    """Return the incidents that break the invariant; empty is what must always hold.

    An incident waits for somebody while it is not over, contained or not, nobody has acknowledged
    it, and it is either grave enough to wake people or already paged for.  It is guarded while a
    page for it stands in the outbox, due or claimed: due now, retried later, or the next rung of
    the escalation.  Accepted, failed and acknowledged pages do not guard it.
    """
    incident, page = tables.incident, tables.page
    mine = sa.and_(page.c.incident == incident.c.id, page.c.rung < FIRST)
    live = sa.select(page.c.id).where(mine, page.c.state.in_(LIVE)).exists()
    paged = sa.select(page.c.id).where(mine).exists()
    last = (
        sa.select(page.c.error)
        .where(mine, page.c.state == PageState.FAILED.value)
        .order_by(page.c.next_try_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(incident.c.id, incident.c.number, paged.label("paged"), last.label("error"))
        .where(
            incidents.untaken(),
            incident.c.detected_at <= now,
            sa.or_(incident.c.severity <= int(Severity.SEV2), paged),
            ~live,
        )
        .order_by(incident.c.number)
    )
    return [
        Unguarded(row.id, row.number, _why(bool(row.paged), row.error))
        for row in conn.execute(query)
    ]


def unplanned(conn: sa.Connection, now: datetime) -> list[str]:
    """Return the ids of the incidents that nobody has taken and that have no page to come.

    A call of the future is planned in one unit with all that is due; while it stands nothing is
    missing, and the policy need not be asked.  Those that wake nobody are among them.
    """
    incident, page = tables.incident, tables.page
    ahead = (page.c.state == PageState.DUE.value, page.c.due_at > now)
    planned = sa.select(page.c.id).where(page.c.incident == incident.c.id, *ahead).exists()
    query = sa.select(incident.c.id).where(incidents.untaken(), ~planned)
    order = (incident.c.severity, incident.c.number)
    return list(conn.execute(query.order_by(*order)).scalars())


def overdue(conn: sa.Connection, before: datetime, limit: int | None = None) -> list[PageRow]:
    """Return the pages that could be claimed before `before`, longest due first.

    Not those whose next try lies ahead, or that are being sent; one claimed by who died is.
    """
    query = outbox.waiting(tables.page, before).limit(limit)
    return [_page(row) for row in conn.execute(query).mappings()]


def count_by_state(conn: sa.Connection) -> dict[PageState, int]:
    """Return how many pages stand in each state, of all incidents together."""
    table = tables.page
    query = sa.select(table.c.state, sa.func.count()).group_by(table.c.state)
    found = {PageState(state): number for state, number in conn.execute(query)}
    return {state: found.get(state, 0) for state in PageState}


def _why(paged: bool, error: str | None) -> str:
    if not paged:
        return "nobody was ever paged"
    if error:
        return f"the last page failed for good ({error}) and no other is coming"
    return "everybody was paged, nobody has acknowledged, and no other page is coming"


def _called(page: PageRow) -> Called:
    return Called(
        rung=page.rung,
        round=page.round,
        contact=page.contact,
        due_at=page.due_at,
        tried=page.attempts > 0,
    )


def _page(row: RowMapping) -> PageRow:
    receipt = None
    if row["receipt_channel"] is not None:
        receipt = Receipt(row["receipt_channel"], row["receipt_id"])
    return PageRow(
        id=row["id"],
        key=row["key"],
        incident=row["incident"],
        rung=row["rung"],
        round=row["round"],
        contact=decode(Contact, row["contact"], where=f"page {row['id']}"),
        state=PageState(row["state"]),
        due_at=row["due_at"],
        next_try_at=row["next_try_at"],
        attempts=row["attempts"],
        owner=row["owner"],
        lease_until=row["lease_until"],
        error=row["error"],
        receipt=receipt,
        accepted_at=row["accepted_at"],
        acknowledged_at=row["acknowledged_at"],
        acknowledged_by=row["acknowledged_by"],
        created_at=row["created_at"],
        why=row["why"] or "",
    )

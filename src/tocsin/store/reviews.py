"""Reviews, and the actions that follow from them."""

import sqlalchemy as sa

from tocsin.base.errors import NotFound
from tocsin.learn.actions import ActionItem
from tocsin.learn.review import Review
from tocsin.store import tables
from tocsin.store.codec import decode, encode
from tocsin.store.unit import Unit, in_unit
from tocsin.store.upsert import upsert


def save(unit: Unit, review: Review) -> None:
    """Keep `review` as its incident's review."""
    row = {"incident": review.incident, "saved_at": unit.now, "body": encode(review)}
    upsert(unit.conn, tables.review, [row])
    unit.audit("review.saved", review.incident)


def get(conn: sa.Connection, incident: str) -> Review | None:
    """Return the review of the incident with this id; None before the first draft."""
    table = tables.review
    query = sa.select(table.c.body).where(table.c.incident == incident)
    body = conn.execute(query).scalar_one_or_none()
    return None if body is None else decode(Review, body, where=f"review of {incident}")


def add_action(unit: Unit, action: ActionItem) -> None:
    """Record a new follow-up."""
    unit.conn.execute(sa.insert(tables.action_item).values(**_columns(action)))
    unit.audit("action.added", action.id, incident=action.incident)


def save_action(unit: Unit, action: ActionItem) -> None:
    """Replace a follow-up.

    Raises:
        NotFound: it was never added.
    """
    table = tables.action_item
    done = unit.conn.execute(
        sa.update(table).where(table.c.id == action.id).values(**_columns(action))
    )
    if done.rowcount != 1:
        raise NotFound(f"no action {action.id}; add it first")
    unit.audit(f"action.{action.state.value}", action.id, incident=action.incident)


def action(conn: sa.Connection, id_: str) -> ActionItem:
    """Return one follow-up; in a unit its row is locked.

    Raises:
        NotFound: there is none with this id.
    """
    query = sa.select(tables.action_item.c.body).where(tables.action_item.c.id == id_)
    if in_unit(conn):
        query = query.with_for_update()
    body = conn.execute(query).scalar_one_or_none()
    if body is None:
        raise NotFound(f"no action {id_}; see the incident's review")
    return decode(ActionItem, body, where=f"action {id_}")


def actions(conn: sa.Connection, incident: str | None = None) -> list[ActionItem]:
    """Return the follow-ups of the incident with this id, or all; in the order they were made."""
    table = tables.action_item
    query = sa.select(table.c.body).order_by(table.c.id)
    if incident is not None:
        query = query.where(table.c.incident == incident)
    return [decode(ActionItem, body, where="action") for body in conn.execute(query).scalars()]


def _columns(action: ActionItem) -> dict[str, object]:
    return {
        "id": action.id,
        "incident": action.incident,
        "state": action.state.value,
        "body": encode(action),
    }

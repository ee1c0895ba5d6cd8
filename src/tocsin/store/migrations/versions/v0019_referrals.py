"""Decisions that are referred to people, and the answers to their callers."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def _at(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text, nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger, autoincrement=False, nullable=null)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "referral",
        *(_text(name) for name in ("id", "system", "prediction_id", "kind", "state")),
        *(_at(name) for name in ("made_at", "due_at", "open_at")),
        *(_number(name) for name in ("priority", "chance_ppm")),
        *(_text("claimed_by", null=True), _at("claimed_until", null=True)),
        *(_text("first_by", null=True), _text("second_by", null=True)),
        *(_at("settled_at", null=True), _number("wrong", null=True)),
        _at("outcome_due_at", null=True),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_referral"),
        sa.UniqueConstraint("system", "prediction_id", name="uq_referral_system_prediction_id"),
        comment="contain: decisions before people; who judged them stands in columns as well, so"
        " that nobody gets one twice; one of each prediction",
    )
    looked_at = (
        *("priority", "due_at", "id"),
        *("open_at", "claimed_until", "first_by", "second_by"),
    )
    op.create_index("ix_referral_next", "referral", ["state", *looked_at])
    op.create_index("ix_referral_next_of_system", "referral", ["system", "state", *looked_at])
    for columns in (
        ("outcome_due_at",),
        ("system", "settled_at"),
        ("system", "made_at"),
        ("claimed_by",),
        ("system", "second_by"),
    ):
        op.create_index(f"ix_referral_{'_'.join(columns)}", "referral", list(columns))
    op.create_table(
        "reply",
        *(_text(name) for name in ("id", "key", "referral", "system")),
        _number("revision"),
        *(_text(name) for name in ("answer", "channel", "state")),
        *(_at("made_at"), _at("next_try_at"), _number("attempts")),
        *(_text("owner", null=True), _at("lease_until", null=True), _text("error", null=True)),
        *(_text("receipt_channel", null=True), _text("receipt_id", null=True)),
        _at("accepted_at", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_reply"),
        sa.UniqueConstraint("key", name="uq_reply_key"),
        comment="contain: the outbox of answers to callers, moved as `page` is",
    )
    op.create_index("ix_reply_state_next_try_at", "reply", ["state", "next_try_at"])
    op.create_index("ix_reply_referral", "reply", ["referral"])

"""The tables of decisions that are referred to people; `tables` is where to find them."""

import sqlalchemy as sa

from tocsin.store.columns import at, json, number, table, text

_NEXT = ("priority", "due_at", "id", "open_at", "claimed_until", "first_by", "second_by")
referral = table(
    "referral",
    "contain: decisions before people; who judged them stands in columns as well, so that nobody"
    " gets one twice; one of each prediction",
    *(text("id", key=True), text("system"), text("prediction_id"), text("kind"), text("state")),
    *(at("made_at"), at("due_at"), at("open_at"), number("priority"), number("chance_ppm")),
    *(text("claimed_by", null=True), at("claimed_until", null=True)),
    *(text("first_by", null=True), text("second_by", null=True)),
    *(at("settled_at", null=True), number("wrong", null=True), at("outcome_due_at", null=True)),
    json("body"),
    sa.UniqueConstraint("system", "prediction_id"),
    # all that choosing the next one looks at: what somebody judged before is passed by unread
    sa.Index("ix_referral_next", "state", *_NEXT),
    sa.Index("ix_referral_next_of_system", "system", "state", *_NEXT),
    *(sa.Index(None, "outcome_due_at"), sa.Index(None, "system", "settled_at")),
    *(sa.Index(None, "system", "made_at"), sa.Index(None, "claimed_by")),
    sa.Index(None, "system", "second_by"),
)
reply = table(
    "reply",
    "contain: the outbox of answers to callers, moved as `page` is",
    *(text("id", key=True), text("key"), text("referral"), text("system"), number("revision")),
    *(text("answer"), text("channel"), text("state"), at("made_at"), at("next_try_at")),
    *(number("attempts"), text("owner", null=True), at("lease_until", null=True)),
    *(text("error", null=True), text("receipt_channel", null=True)),
    *(text("receipt_id", null=True), at("accepted_at", null=True)),
    *(sa.UniqueConstraint("key"), sa.Index(None, "state", "next_try_at")),
    sa.Index(None, "referral"),
)

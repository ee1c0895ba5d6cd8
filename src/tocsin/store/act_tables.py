"""The table of acts; `tables` is where to find it."""

import sqlalchemy as sa

from tocsin.store.columns import at, json, number, table, text

act = table(
    "act",
    "contain: one change of a setting outside; `state` moves it as an outbox, `phase` is what"
    " people read; an actuator's acts are numbered, so that no two follow the same one",
    *(text("id", key=True), text("actuator"), number("seq"), text("incident", null=True)),
    *(text("directive"), text("deed"), text("phase"), text("state"), at("made_at")),
    *(at("next_try_at"), number("attempts"), text("owner", null=True)),
    *(at("lease_until", null=True), text("error", null=True), json("body")),
    sa.UniqueConstraint("actuator", "seq"),
    sa.Index(None, "incident"),
    sa.Index(None, "directive"),
    sa.Index(None, "state", "next_try_at"),
)

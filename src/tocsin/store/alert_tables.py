"""The tables of the alert room; `tables` is where to find them."""

import sqlalchemy as sa

from tocsin.store.columns import at, json, table, text

alert = table(
    "alert",
    "alert: one row per episode of an alarming monitor",
    text("fingerprint", key=True),
    at("started_at", key=True),
    text("system"),
    text("state"),
    sa.Column("incident", sa.Text, sa.ForeignKey("incident.id"), nullable=True),
    json("body"),
    sa.Index(None, "system", "state"),
    sa.Index(None, "incident"),
)
silence = table(
    "silence",
    "alert: who asked for quiet about which alerts; `until` is when it ends or was ended",
    *(text("id", key=True), text("kind"), at("starts_at"), at("until"), json("body")),
    sa.Index(None, "until"),
)

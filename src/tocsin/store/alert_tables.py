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
suppressed = table(
    "suppressed",
    "alert: why an episode of an alert called nobody, one row per thing that kept it quiet",
    *(text("fingerprint", key=True), at("started_at", key=True), text("reason", key=True)),
    *(text("by", key=True), at("at", key=True), text("system")),
    *(at("over_at", null=True), json("body")),
    sa.Index(None, "system", "at"),
)
outside_alert = table(
    "outside_alert",
    "alert: what was last heard of each alert of another system",
    *(text("system", key=True), text("source", key=True), text("fingerprint", key=True)),
    *(text("state"), at("changed_at"), json("body")),
)

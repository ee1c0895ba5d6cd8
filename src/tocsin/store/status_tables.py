"""The tables of the status page; `tables` is where to find them."""

import sqlalchemy as sa

from tocsin.store.columns import at, json, number, table, text

status_component = table(
    "status_component",
    "incident: since when each component stands on the status page",
    *(text("key", key=True), at("since")),
)
bulletin = table(
    "bulletin",
    "incident: what the public is told of incidents",
    text("id", key=True),
    sa.Column("incident", sa.Text, sa.ForeignKey("incident.id"), nullable=False),
    *(at("resolved_at", null=True), json("body")),
    *(sa.Index(None, "incident"), sa.Index(None, "resolved_at")),
)
subscriber = table(
    "subscriber",
    "incident: who asked to be told what the status page says; deleted when they leave",
    *(text("id", key=True), text("way"), text("address"), at("asked_at")),
    *(at("written_at"), at("confirmed_at", null=True)),
    *(sa.UniqueConstraint("way", "address"), sa.Index(None, "confirmed_at", "asked_at")),
)
letter = table(
    "letter",
    "incident: the outbox to subscribers, moved as `page` is; it holds no address",
    *(text("id", key=True), text("key"), text("subscriber"), text("kind")),
    *(text("bulletin", null=True), text("post", null=True), text("state"), at("made_at")),
    *(at("next_try_at"), number("attempts")),
    *(text("owner", null=True), at("lease_until", null=True), text("error", null=True)),
    *(text("receipt_channel", null=True), text("receipt_id", null=True)),
    at("accepted_at", null=True),
    *(sa.UniqueConstraint("key"), sa.Index(None, "state", "next_try_at")),
    sa.Index(None, "subscriber"),
)

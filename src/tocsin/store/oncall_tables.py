"""Tables of the on-call room that prove who can be reached; `tables` is where to find them."""

import sqlalchemy as sa

from tocsin.store.columns import at, json, number, table, text

test_page = table(
    "test_page",
    "oncall: the outbox of test pages, moved as `page` is; nobody needs to do anything about them",
    *(text("id", key=True), text("person"), json("contact"), text("state")),
    *(at("asked_at"), text("asked_by"), at("next_try_at"), number("attempts")),
    *(text("owner", null=True), at("lease_until", null=True), text("error", null=True)),
    *(text("receipt_channel", null=True), text("receipt_id", null=True)),
    *(at("accepted_at", null=True), at("acknowledged_at", null=True), at("closed_at", null=True)),
    *(sa.Index(None, "state", "next_try_at"), sa.Index(None, "person", "asked_at")),
)
reach = table(
    "reach",
    "oncall: what became of what was sent to each contact, the last of each",
    *(text("person", key=True), text("channel", key=True), text("address", key=True)),
    *(at("accepted_at", null=True), at("acknowledged_at", null=True), at("failed_at", null=True)),
    text("failure", null=True),
)

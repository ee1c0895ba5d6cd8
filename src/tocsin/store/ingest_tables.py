"""The tables of what comes in; `tables` is where to find them."""

import sqlalchemy as sa

from tocsin.store.columns import at, json, number, table, text

system = table(
    "system",
    "ingest: the systems under watch, each with the spec that gives its profiles their meaning",
    text("name", key=True),
    json("body"),
    text("spec_hash"),
    text("spec"),
    number("reference_rows"),
    text("reference_sha256"),
    at("saved_at"),
    text("saved_by"),
)
change = table(
    "change",
    "ingest: recorded changes, for diagnosis to choose from",
    *(text("id", key=True), text("system"), at("at"), json("body")),
    sa.Index(None, "system", "at"),
)
complaint = table(
    "complaint",
    "ingest: reports of harm by people",
    *(text("id", key=True), text("system"), at("at"), json("body")),
    sa.Index(None, "system", "at"),
)
kpi_value = table(
    "kpi_value",
    "ingest: reported pieces of KPIs, one per source and instant; the first stands for ever",
    *(text("system", key=True), text("kpi", key=True), at("at", key=True)),
    *(text("source", key=True), json("body"), text("spec_hash"), number("epoch")),
)
kpi_line = table(
    "kpi_line",
    "detect: each KPI's line and expected band as last judged, for people to look at",
    *(text("system", key=True), text("kpi", key=True), at("at"), json("body")),
)
orphan_outcome = table(
    "orphan_outcome",
    "ingest: outcomes whose prediction has not been seen yet; tried again at every profiling",
    text("system", key=True),
    text("spec_hash", key=True),
    text("id", key=True),
    at("at"),
    at("received_at"),
    text("label"),
)
half = table(
    "half",
    "ingest: one side of a logged call until the other is here; joined ones wait without a body",
    *(text("system", key=True), text("id", key=True), text("side", key=True)),
    *(at("received_at"), number("rows"), json("body", null=True), at("joined_at", null=True)),
    sa.Index(None, "system", "received_at"),
)
dropped = table(
    "dropped",
    "ingest: what was acknowledged and became no row: how often, by reason, and the newest",
    *(text("system", key=True), text("reason", key=True)),
    *(number("number"), at("at"), text("example")),
)
erasure = table(
    "erasure",
    "ingest: predictions to be erased; ids are forgotten when it is done",
    *(text("id", key=True), text("system"), at("asked_at"), text("asked_by"), number("number")),
    *(json("ids"), json("rows"), at("done_at", null=True)),
    sa.Index(None, "system", "asked_at"),
)

"""The table of who said what of which plan; `tables` is where to find it."""

import sqlalchemy as sa

from tocsin.store.columns import at, json, table, text

plan_approval = table(
    "plan_approval",
    "contain: what each person said of a plan: approved, did it alone, ratified; the last counts",
    *(text("plan", key=True), text("person", key=True)),
    *(text("word"), at("at"), json("body")),
    sa.Index(None, "word"),
)

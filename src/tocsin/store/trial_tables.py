"""The tables of what is watched while containment is in force; `tables` is where to find them."""

import sqlalchemy as sa

from tocsin.store.columns import at, json, table, text

recovery_look = table(
    "recovery_look",
    "contain: the last look at whether an incident's slice recovers, replaced by the next one",
    *(text("incident", key=True), at("at"), json("body")),
)
trial_call = table(
    "trial_call",
    "contain: what is called for in the trial of a canary directive, each change of it",
    *(text("directive", key=True), text("call", key=True), text("system"), at("at"), json("body")),
    sa.Index(None, "system"),
)
trial_look = table(
    "trial_look",
    "contain: until when the trial of a canary directive was judged, replaced by the next look",
    *(text("directive", key=True), at("at")),
)

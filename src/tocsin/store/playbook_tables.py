"""The tables of playbooks in incidents; `tables` is where to find them."""

import sqlalchemy as sa

from tocsin.store.columns import at, json, number, table, text

playbook_run = table(
    "playbook_run",
    "contain: the playbook of an incident as it stood when it was chosen; the last chosen counts;"
    " how many steps may be automatic",
    *(text("id", key=True), text("incident"), at("chosen_at"), text("chosen_by")),
    *(number("automatic"), json("body")),
    sa.Index(None, "incident"),
)
playbook_tick = table(
    "playbook_tick",
    "contain: a step of a run that is done or left out",
    *(text("run", key=True), number("place", key=True), at("at"), json("body")),
)

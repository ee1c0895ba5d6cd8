"""Tables of the command of incidents; `tables` is where to find them."""

import sqlalchemy as sa

from tocsin.store.columns import at, json, number, table, text

command = table(
    "command",
    "incident: the escalation matrix as it stood when an incident opened; how many asks call"
    " people",
    sa.Column("incident", sa.Text, sa.ForeignKey("incident.id"), primary_key=True),
    *(number("calls"), json("body")),
)
task = table(
    "task",
    "incident: what is to be done in an incident, by whom, until when",
    text("id", key=True),
    sa.Column("incident", sa.Text, sa.ForeignKey("incident.id"), nullable=False),
    *(text("state"), at("due_at", null=True), json("body")),
    sa.Index(None, "incident"),
)

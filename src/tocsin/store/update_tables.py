"""Tables of the incident room that tell stakeholders and tie incidents to one another.

`tables` is where to find them.
"""

import sqlalchemy as sa

from tocsin.store.columns import at, json, number, table, text

sent_update = table(
    "sent_update",
    "incident: what was told to stakeholders, as it was sent, append-only",
    text("id", key=True),
    sa.Column("incident", sa.Text, sa.ForeignKey("incident.id"), nullable=False),
    *(at("sent_at"), json("body")),
    sa.Index(None, "incident", "sent_at"),
)
telling = table(
    "telling",
    "incident: the outbox of updates and reminders, one row per contact, moved as `page` is",
    *(text("id", key=True), text("key")),
    sa.Column("incident", sa.Text, sa.ForeignKey("incident.id"), nullable=False),
    text("update_id", null=True),
    *(text("audience"), json("reminder", null=True), json("contact"), text("state")),
    *(at("created_at"), at("next_try_at"), number("attempts")),
    *(text("owner", null=True), at("lease_until", null=True), text("error", null=True)),
    *(text("receipt_channel", null=True), text("receipt_id", null=True)),
    *(at("accepted_at", null=True), json("ask", null=True)),
    sa.UniqueConstraint("key"),
    *(sa.Index(None, "state", "next_try_at"), sa.Index(None, "incident")),
)
incident_link = table(
    "incident_link",
    "incident: how one incident relates to another; one that was taken back keeps its row",
    text("id", key=True),
    sa.Column("incident", sa.Text, sa.ForeignKey("incident.id"), nullable=False),
    sa.Column("other", sa.Text, sa.ForeignKey("incident.id"), nullable=False),
    *(
        text("kind"),
        at("made_at"),
        text("made_by"),
        at("removed_at", null=True),
        text("removed_by", null=True),
    ),
    *(sa.Index(None, "incident"), sa.Index(None, "other")),
)

"""Every table of the store.  Each belongs to one room, named first in its comment.

Nouns rest as one JSON document (`codec`) in `body` beside the columns that queries need; the
document is the truth, the columns are its index.
"""

import sqlalchemy as sa

from tocsin.store.act_tables import act as act  # noqa: PLC0414 - found here
from tocsin.store.alert_tables import alert as alert  # noqa: PLC0414 - found here
from tocsin.store.alert_tables import outside_alert as outside_alert  # noqa: PLC0414 - found here
from tocsin.store.alert_tables import silence as silence  # noqa: PLC0414 - found here
from tocsin.store.alert_tables import suppressed as suppressed  # noqa: PLC0414 - found here
from tocsin.store.approval_tables import plan_approval as plan_approval  # noqa: PLC0414 - found here
from tocsin.store.columns import at as _at
from tocsin.store.columns import json as _json
from tocsin.store.columns import metadata as metadata  # noqa: PLC0414 - all tables, for migrations
from tocsin.store.columns import number as _int
from tocsin.store.columns import sequence as _sequence
from tocsin.store.columns import table as _table
from tocsin.store.columns import text as _text
from tocsin.store.command_tables import command as command  # noqa: PLC0414 - found here
from tocsin.store.command_tables import task as task  # noqa: PLC0414 - found here
from tocsin.store.ingest_tables import change as change  # noqa: PLC0414 - found here
from tocsin.store.ingest_tables import complaint as complaint  # noqa: PLC0414 - found here
from tocsin.store.ingest_tables import dropped as dropped  # noqa: PLC0414 - found here
from tocsin.store.ingest_tables import erasure as erasure  # noqa: PLC0414 - found here
from tocsin.store.ingest_tables import half as half  # noqa: PLC0414 - found here
from tocsin.store.ingest_tables import kpi_line as kpi_line  # noqa: PLC0414 - found here
from tocsin.store.ingest_tables import kpi_value as kpi_value  # noqa: PLC0414 - found here
from tocsin.store.ingest_tables import orphan_outcome as orphan_outcome  # noqa: PLC0414 - found here
from tocsin.store.ingest_tables import system as system  # noqa: PLC0414 - found here
from tocsin.store.oncall_tables import reach as reach  # noqa: PLC0414 - found here
from tocsin.store.oncall_tables import test_page as test_page  # noqa: PLC0414 - found here
from tocsin.store.playbook_tables import playbook_run as playbook_run  # noqa: PLC0414 - found here
from tocsin.store.playbook_tables import playbook_tick as playbook_tick  # noqa: PLC0414 - found here
from tocsin.store.profile_tables import baseline as baseline  # noqa: PLC0414 - found here
from tocsin.store.profile_tables import baseline_tally as baseline_tally  # noqa: PLC0414 - found here
from tocsin.store.profile_tables import epoch as epoch  # noqa: PLC0414 - found here
from tocsin.store.profile_tables import profile as profile  # noqa: PLC0414 - found here
from tocsin.store.profile_tables import tally as tally  # noqa: PLC0414 - found here
from tocsin.store.profile_tables import watermark as watermark  # noqa: PLC0414 - found here
from tocsin.store.referral_tables import referral as referral  # noqa: PLC0414 - found here
from tocsin.store.referral_tables import reply as reply  # noqa: PLC0414 - found here
from tocsin.store.status_tables import bulletin as bulletin  # noqa: PLC0414 - found here
from tocsin.store.status_tables import letter as letter  # noqa: PLC0414 - found here
from tocsin.store.status_tables import status_component as status_component  # noqa: PLC0414 - found here
from tocsin.store.status_tables import subscriber as subscriber  # noqa: PLC0414 - found here
from tocsin.store.trial_tables import recovery_look as recovery_look  # noqa: PLC0414 - found here
from tocsin.store.trial_tables import trial_call as trial_call  # noqa: PLC0414 - found here
from tocsin.store.trial_tables import trial_look as trial_look  # noqa: PLC0414 - found here
from tocsin.store.update_tables import incident_link as incident_link  # noqa: PLC0414 - found here
from tocsin.store.update_tables import sent_update as sent_update  # noqa: PLC0414 - found here
from tocsin.store.update_tables import telling as telling  # noqa: PLC0414 - found here


def _incident(*, key: bool = False, null: bool = False) -> sa.Column[str]:
    target = sa.ForeignKey("incident.id")
    return sa.Column("incident", sa.Text, target, primary_key=key, nullable=null)


# -- detect ------------------------------------------------------------------------------------
finding_now = _table(
    "finding_now",
    "detect: what each monitor said last; `place` keeps the order of the evaluation",
    _text("system", key=True),
    _text("key", key=True),
    _at("at"),
    _int("place"),
    _json("body"),
    _text("spec_hash", null=True),
    _int("epoch", null=True),
)
finding_log = _table(
    "finding_log",
    "detect: every alarm ever said, append-only",
    _sequence(),
    _text("system"),
    _at("at"),
    _text("key"),
    _json("body"),
    _text("spec_hash", null=True),
    _int("epoch", null=True),
    sa.Index(None, "system", "at"),
)

# -- incident ----------------------------------------------------------------------------------
incident = _table(
    "incident",
    "incident: what people work on, with the escalation policy as it stood when it opened",
    _text("id", key=True),
    _int("number"),
    _text("system"),
    _text("state"),
    _int("severity"),
    _at("detected_at"),
    _at("resolved_at", null=True),
    _at("fault_from", null=True),
    _json("body"),
    _json("policy"),
    sa.UniqueConstraint("number"),
    sa.Index(None, "state", "system"),
)
timeline_entry = _table(
    "timeline_entry",
    "incident: the timeline, append-only",
    _sequence(),
    _text("id"),
    _incident(),
    _at("at"),
    _text("kind"),
    _json("body"),
    sa.UniqueConstraint("id"),
    sa.Index(None, "incident", "at"),
)

# -- oncall ------------------------------------------------------------------------------------
page = _table(
    "page",
    "oncall: the outbox.  due -> claimed(lease) -> accepted(receipt) -> acknowledged | failed",
    *(_text("id", key=True), _text("key"), _incident(), _int("rung"), _int("round")),
    *(_json("contact"), _text("why", null=True), _text("state")),
    *(_at("due_at"), _at("next_try_at"), _int("attempts")),
    *(_text("owner", null=True), _at("lease_until", null=True), _text("error", null=True)),
    *(_text("receipt_channel", null=True), _text("receipt_id", null=True)),
    _at("accepted_at", null=True),
    *(_at("acknowledged_at", null=True), _text("acknowledged_by", null=True), _at("created_at")),
    sa.UniqueConstraint("key"),
    sa.Index(None, "state", "next_try_at"),
    sa.Index(None, "incident"),
)
shift_override = _table(
    "shift_override",
    "oncall: who is on call instead of whom a schedule names, in the order in which it was said",
    *(_sequence(), _text("id"), _text("schedule"), _text("person"), _at("starts_at")),
    *(_at("ends_at"), _text("reason"), _json("contacts"), _at("made_at"), _text("made_by")),
    *(_at("withdrawn_at", null=True), _text("withdrawn_by", null=True)),
    *(sa.UniqueConstraint("id"), sa.Index(None, "schedule", "ends_at")),
)

# -- contain -----------------------------------------------------------------------------------
plan = _table(
    "plan",
    "contain: plans of action; `hash` is what an approval approves",
    _text("id", key=True),
    _incident(null=True),
    _text("system"),
    _text("state"),
    _text("hash"),
    _json("body"),
    _text("approved_by", null=True),
    _at("made_at"),
    _at("saved_at"),
    sa.Index(None, "incident"),
)
directive = _table(
    "directive",
    "contain: what the serving side must obey, until expiry or reversion",
    _text("id", key=True),
    _text("system"),
    _text("incident", null=True),
    _text("plan", null=True),
    _at("created_at"),
    _at("expires_at"),
    _at("reverted_at", null=True),
    _json("body"),
    sa.Index(None, "system", "expires_at"),
    sa.Index(None, "incident"),
    sa.Index(None, "plan"),
)
directive_version = _table(
    "directive_version",
    "contain: counts the writes to a system's directives, so that a client sees that it is behind",
    _text("system", key=True),
    _int("version"),
)
verification = _table(
    "verification",
    "contain: whether the harm stopped on the affected slice, append-only",
    _sequence(),
    _incident(),
    _at("at"),
    _json("body"),
    sa.Index(None, "incident"),
)

# -- diagnose ----------------------------------------------------------------------------------
diagnosis = _table(
    "diagnosis",
    "diagnose: the latest diagnosis of an incident",
    _incident(key=True),
    _at("at"),
    _json("body"),
)
ledger = _table(
    "ledger",
    "diagnose: the affected decisions of an incident and what was done for each",
    _incident(key=True),
    _text("prediction_id", key=True),
    _at("at"),
    _json("body"),
    sa.Index(None, "incident", "at"),
)

# -- learn -------------------------------------------------------------------------------------
review = _table(
    "review",
    "learn: the blameless review of an incident",
    _incident(key=True),
    _at("saved_at"),
    _json("body"),
)
action_item = _table(
    "action_item",
    "learn: follow-ups, closed only by their check",
    _text("id", key=True),
    _incident(),
    _text("state"),
    _json("body"),
    sa.Index(None, "incident"),
)

# -- base: who may do what, who did what, and the worker's own state ------------------------------
token = _table(
    "token",
    "base: API tokens; only the hash of the secret is kept",
    _text("id", key=True),
    _text("name"),
    _text("secret_sha256"),
    _json("scopes"),
    _at("created_at"),
    _text("created_by"),
    _at("last_used_at", null=True),
    _at("expires_at", null=True),
    _at("revoked_at", null=True),
    sa.UniqueConstraint("secret_sha256"),
)
session = _table(
    "session",
    "base: signed-in browsers; only the hash of the cookie is kept",
    _text("id", key=True),
    _text("person"),
    _text("secret_sha256"),
    _text("csrf"),
    _json("scopes"),
    _at("created_at"),
    _at("expires_at"),
    _at("ended_at", null=True),
    sa.UniqueConstraint("secret_sha256"),
)
sign_in_link = _table(
    "sign_in_link",
    "base: one-time links that open a session",
    _text("id", key=True),
    _text("person"),
    _text("secret_sha256"),
    _json("scopes"),
    _at("created_at"),
    _at("expires_at"),
    _at("used_at", null=True),
    sa.UniqueConstraint("secret_sha256"),
)
audit = _table(
    "audit",
    "base: who did what, append-only, each row chained to the one before by its hash",
    _int("seq", key=True),
    _at("at"),
    _text("actor"),
    _text("action"),
    _text("subject"),
    _json("facts"),
    _text("prev_hash"),
    _text("hash"),
)
head = _table(
    "head",
    "base: one row; the audit chain's last link, and how many units were committed",
    _int("id", key=True),
    _int("audit_seq"),
    _text("audit_hash"),
    _int("changes"),
)
lease = _table(
    "lease",
    "base: which worker holds a duty, and until when",
    *(_text("duty", key=True), _text("owner"), _at("until")),
)
host_clock = _table(
    "host_clock",
    "base: what the clock of each host showed last, and how long it had been running",
    *(_text("host", key=True), _at("shown"), _text("boot", null=True), _int("since_ms", null=True)),
)
stage = _table(
    "stage",
    "base: the last sign of life of each stage of the flow, per system",
    _text("stage", key=True),
    _text("system", key=True),
    _at("at"),
    _text("note"),
    _int("failures"),
    _at("ok_at", null=True),
)
idempotency = _table(
    "idempotency",
    "base: answers already given to a request with an idempotency key",
    _text("key", key=True),
    _text("request_sha256"),
    _int("status"),
    _json("answer", null=True),
    _at("at"),
    sa.Index(None, "at"),
)

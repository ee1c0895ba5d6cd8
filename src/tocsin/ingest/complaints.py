"""Complaints: reading a person's report of harm from JSON."""

from datetime import datetime

from tocsin.ingest import forms
from tocsin.ingest.change import Complaint

_FIELDS = frozenset({"id", "at", "system", "text", "prediction_id", "slice", "contact"})


def parse_complaint(value: object, id_: str, received_at: datetime, system: str = "") -> Complaint:
    """Return the complaint that a JSON object tells of.

    Args:
        value: `{"text"}` and optionally `system`, `at` (ISO 8601, default now), `prediction_id`,
            `slice`, `contact`.
        id_: the complaint's id.
        received_at: now.
        system: the system where the object names none.

    Raises:
        BadInput: a field is missing, unknown or unreadable.
    """
    fields = forms.record(value, _FIELDS, "complaint")
    return Complaint(
        id=id_,
        at=forms.instant(fields, "at", received_at),
        system=forms.text(fields, "system", default=system or None),
        text=forms.text(fields, "text"),
        prediction_id=forms.optional(fields, "prediction_id"),
        slice=forms.part(fields, "slice"),
        contact=forms.optional(fields, "contact"),
    )

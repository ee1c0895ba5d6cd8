"""Changes: reading a recorded change from JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from tocsin.base.errors import BadInput
from tocsin.base.phrases import listing
from tocsin.ingest import forms
from tocsin.ingest.change import Change, ChangeKind

_FIELDS = frozenset(
    {"id", "at", "system", "kind", "title", "scope", "features", "version", "facts"}
)


def parse_change(value: object, id_: str, received_at: datetime, system: str = "") -> Change:
    """Return the change that a JSON object tells of.

    Args:
        value: `{"kind", "title"}` and optionally `system`, `at` (ISO 8601, default now), `scope`
            (slice), `features` (names), `version`, `facts` (free text by name).
        id_: the change's id.
        received_at: now.
        system: the system where the object names none.

    Raises:
        BadInput: a field is missing, unknown or unreadable.
    """
    fields = forms.record(value, _FIELDS, "change")
    kind = forms.text(fields, "kind")
    if kind not in set(ChangeKind):
        names = listing(list(ChangeKind))
        raise BadInput(f"unknown kind {kind!r}", where="kind", do=f"the kinds are {names}")
    return Change(
        id=id_,
        at=forms.instant(fields, "at", received_at),
        system=forms.text(fields, "system", default=system or None),
        kind=ChangeKind(kind),
        title=forms.text(fields, "title"),
        scope=forms.part(fields, "scope"),
        features=_names(fields.get("features")),
        version=forms.optional(fields, "version"),
        facts=_facts(fields.get("facts")),
    )


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadInput("features is no list", where="features", do='write ["income", "age"]')
    return tuple(str(name) for name in cast("list[object]", value))


def _facts(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadInput("facts is no object", where="facts", do='write {"commit": "9f3c"}')
    return {str(k): str(v) for k, v in cast("Mapping[object, object]", value).items()}

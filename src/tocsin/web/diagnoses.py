"""Why it happened and whom it hit: the diagnosis and the ledger of affected decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query

from tocsin.base.errors import NotFound
from tocsin.diagnose.suspect import SuspectKind
from tocsin.store import diagnoses, incidents
from tocsin.web.fields import Answer, Conditions, Number, SpanAnswer
from tocsin.web.site import SiteDep


class SuspectAnswer(Answer):
    """One candidate cause; the scores of changes and `unknown` add up to one."""

    rank: int
    kind: SuspectKind
    title: str
    what: dict[str, str]
    score: Number
    why: str


class DiagnosisAnswer(Answer):
    """What is known of cause and reach; null where it cannot be said."""

    incident: str
    made_at: datetime
    slice: Conditions
    measure: str
    onset: datetime | None
    onset_span: SpanAnswer | None
    affected: int
    estimated_errors: Number
    cost: Number
    currency: str
    unit: str
    suspects: list[SuspectAnswer]
    summary: str


class LedgerLine(Answer):
    """One affected decision; `remedy` is empty until it was put right."""

    prediction_id: str
    at: datetime
    version: str
    score: Number
    prediction: str | None
    attributes: dict[str, str]
    remedy: str


class LedgerAnswer(Answer):
    """A page of the ledger, oldest decision first, and how long it is in all."""

    total: int
    rows: list[LedgerLine]


def show_diagnosis(site: SiteDep, incident: str) -> DiagnosisAnswer:
    """Return the latest diagnosis."""
    with site.database.reading() as conn:
        found = incidents.get(conn, incident)
        diagnosis = diagnoses.get(conn, found.id)
    if diagnosis is None:
        raise NotFound(f"{found.name} has not been diagnosed yet; try again in a minute")
    return DiagnosisAnswer.model_validate(diagnosis)


def show_ledger(
    site: SiteDep,
    incident: str,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    offset: Annotated[int, Query(ge=0, le=1 << 40)] = 0,
) -> LedgerAnswer:
    """Return the decisions that the incident may have harmed."""
    with site.database.reading() as conn:
        id_ = incidents.get(conn, incident).id
        return LedgerAnswer(
            total=diagnoses.ledger_count(conn, id_),
            rows=[
                LedgerLine.model_validate(row) for row in diagnoses.ledger(conn, id_, limit, offset)
            ],
        )

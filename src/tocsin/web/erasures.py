"""Erasing predictions by id: asked for here, done by the worker, told by a receipt."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tocsin.ingest.privacy import stored_ids
from tocsin.store import erasures, systems
from tocsin.store.unit import Unit
from tocsin.web.fields import Answer, Instant, Name, Order
from tocsin.web.site import SiteDep
from tocsin.web.writing import WritingDep

MOST_IDS = 10_000


class ErasureOrder(Order):
    """Which predictions are to be erased, by the ids under which they were sent."""

    ids: Annotated[list[Name], Field(min_length=1, max_length=MOST_IDS)]


class ErasureAnswer(Answer):
    """A receipt: how many were named, how many rows there were, when they were gone.

    Which ids it named is not told, and not known any more when it is done.
    """

    id: str
    system: str
    asked_at: Instant
    asked_by: str
    number: int
    rows: dict[str, int]
    done_at: Instant | None


class ErasuresAnswer(Answer):
    """Every erasure of a system, oldest first."""

    erasures: list[ErasureAnswer]


def ask(site: SiteDep, writing: WritingDep, name: str, order: ErasureOrder) -> ErasureAnswer:
    """Erase predictions and their outcomes for good; the answer's id tells when it is done."""

    def act(unit: Unit) -> ErasureAnswer:
        system = systems.get(unit.conn, name).system
        ids = stored_ids(order.ids, system, site.secret)
        return ErasureAnswer.model_validate(erasures.ask(unit, name, ids))

    return writing.once(ErasureAnswer, act, 202)


def show(site: SiteDep, name: str, erasure: str) -> ErasureAnswer:
    """Return one erasure; `done_at` is null until it is done."""
    with site.database.reading() as conn:
        return ErasureAnswer.model_validate(erasures.get(conn, name, erasure))


def list_erasures(site: SiteDep, name: str) -> ErasuresAnswer:
    """Return every erasure of a system."""
    with site.database.reading() as conn:
        systems.get(conn, name)
        found = erasures.of_system(conn, name)
    return ErasuresAnswer(erasures=[ErasureAnswer.model_validate(one) for one in found])

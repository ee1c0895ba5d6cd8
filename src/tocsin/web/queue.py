"""The queue of one system: how many wait, how people agree, how often the system is wrong."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.contain.agreement import Agreement, agreement
from tocsin.contain.referral import UNDO
from tocsin.contain.weighing import Judged, Weighed, weigh
from tocsin.store import referrals, systems
from tocsin.web.fields import Answer, Number
from tocsin.web.site import SiteDep

LOOK_BACK = timedelta(days=30)
MOST_JUDGED = 10_000
"""Newest judged decisions that figures are made of."""
FEWEST_OF_SLICE = 10
"""Judged decisions from which a slice is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What people say of a system; `slices` has those with enough judged ones, worst first."""

    agreement: Agreement
    wrong: Weighed
    slices: tuple[tuple[str, Weighed], ...]
    since: datetime


class AgreementAnswer(Answer):
    """How well two people agree who judge apart; 95 % intervals."""

    n: int
    share: Number
    interval: tuple[Number, Number]
    kappa: Number
    kappa_interval: tuple[Number, Number]


class WrongAnswer(Answer):
    """How often the system is wrong, weighed by the chance with which decisions were chosen."""

    share: Number
    interval: tuple[Number, Number]
    n: int
    decisions: float


class QueueAnswer(Answer):
    """A system's queue; `wrong` and `agreement` are of decisions since `since`."""

    waiting: int
    overdue: int
    first_due_at: datetime | None
    since: datetime
    agreement: AgreementAnswer
    wrong: WrongAnswer
    slices: dict[str, WrongAnswer]


def show_queue(site: SiteDep, name: str) -> QueueAnswer:
    """Return how many wait, how people agree, and how often they say that the system is wrong."""
    with site.database.reading() as conn:
        systems.get(conn, name)
        waiting = referrals.waiting(conn, name, site.clock())
        found = figures(conn, name, site.clock())
    return QueueAnswer(
        waiting=waiting.number,
        overdue=waiting.overdue,
        first_due_at=waiting.first_due_at,
        since=found.since,
        agreement=AgreementAnswer.model_validate(found.agreement),
        wrong=WrongAnswer.model_validate(found.wrong),
        slices={name: WrongAnswer.model_validate(one) for name, one in found.slices},
    )


def figures(conn: sa.Connection, name: str, now: datetime) -> Figures:
    """Return the figures of one system's queue at `now`."""
    since, until = now - LOOK_BACK, now - UNDO
    judged = referrals.judged(conn, name, since, until, MOST_JUDGED)
    by_slice: dict[str, list[Judged]] = defaultdict(list)
    for chance, wrong, attributes in judged:
        for attribute, value in attributes.items():
            by_slice[f"{attribute}={value}"].append(Judged(chance, wrong))
    slices = [
        (label, weigh(those)) for label, those in by_slice.items() if len(those) >= FEWEST_OF_SLICE
    ]
    return Figures(
        agreement=agreement(referrals.pairs(conn, name, since, until, MOST_JUDGED)),
        wrong=weigh(Judged(chance, wrong) for chance, wrong, _ in judged),
        slices=tuple(sorted(slices, key=lambda pair: -pair[1].share)),
        since=since,
    )

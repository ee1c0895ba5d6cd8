"""Decisions before people, for the pages of the queue: waiting, overdue, settled, by one or two."""

from dataclasses import replace
from datetime import timedelta

from tests.store.examples import SPEC, SYSTEM
from tests.store.test_referrals import given
from tests.web.cast import NOW
from tocsin.contain.referral import UNDO, Kind, Referred, repeated
from tocsin.ingest.queue import Queue
from tocsin.ingest.rows import Attribute, Field, FieldKind, Schema
from tocsin.ingest.system import Impact
from tocsin.store import referrals, systems
from tocsin.web.site import Site

QUEUE = Queue(second=0.5, sample=0.05)
LOANS = replace(SYSTEM, queue=QUEUE, hashed=("employer_id",), impact=Impact(unit="loan decision"))
INPUTS = Schema(
    (
        Field("income", FieldKind.NUMERIC),
        Field("debt_ratio", FieldKind.NUMERIC),
        Field("purpose", FieldKind.CATEGORICAL),
        Field("employer_id", FieldKind.CATEGORICAL),
        Field("letter", FieldKind.TEXT),
        Field("years_at_job", FieldKind.NUMERIC),
    ),
    (Attribute("region"), Attribute("sex")),
)
WHY = "INC-42 (Loan approvals denied in north) sends region=north to people."
CHANCE = "Drawn by chance from the decisions that the system made."
LETTER = (
    "I changed jobs in September and my first payslip is attached.\n"
    "The old employer closed; I can send the letter if it helps."
)


def asked(k: int, kind: Kind) -> Referred:
    """Return what people are shown of the `k`-th decision."""
    routed = kind is Kind.ROUTED
    return Referred(
        prediction_id=f"app-{4100 + k}",
        at=NOW - timedelta(minutes=3 * k),
        version="2026-11-18",
        inputs={
            "income": 31 + k,
            "debt_ratio": 0.31 + 0.01 * (k % 9),
            "purpose": ("car", "house", "phone")[k % 3],
            "employer_id": "9f3c2a7d51b04e88a1c07f6e2d9b3c41",
            "letter": LETTER,
            "years_at_job": None,
        },
        attributes={"region": "north" if routed else "south", "sex": "fm"[k % 2]},
        score=0.21,
        answer="not approved",
        why=WHY if routed else CHANCE,
        kind=kind,
        probability=1.0 if routed else QUEUE.sample,
    )


def declare(site: Site) -> None:
    """Declare the system whose decisions come before people."""
    with site.database.unit("test", NOW) as unit:
        systems.save(unit, LOANS, replace(SPEC, schema=INPUTS), (), 20_000, "0" * 64)


def fill(site: Site, settled: int = 60, waiting: int = 14) -> None:
    """Let people have judged some decisions, and others wait: two of them for too long."""
    declare(site)
    then = NOW - timedelta(days=1)
    kinds = [Kind.SAMPLED if k % 3 else Kind.ROUTED for k in range(settled)]
    with site.database.unit("aspen", then) as unit:
        referrals.add(unit, LOANS, [asked(k, kind) for k, kind in enumerate(kinds)])
        for k, kind in enumerate(kinds):
            one = referrals.of_prediction(unit.conn, "loans", f"app-{4100 + k}")
            wrong = k % 4 < 3 if kind is Kind.ROUTED else k % 14 == 1
            given(unit, one, "aspen", "approved" if wrong else "not approved", LOANS)
    with site.database.unit("beech", then + UNDO) as unit:
        for k in range(settled):
            name = f"app-{4100 + k}"
            if repeated(name, QUEUE.second):
                one = referrals.of_prediction(unit.conn, "loans", name)
                first = one.judgements[0].answer
                other = {"approved": "not approved", "not approved": "approved"}[first]
                given(unit, one, "beech", other if k % 9 == 1 else first, LOANS)
    for k in range(waiting):
        late = timedelta(hours=5 if k < 2 else 1)
        with site.database.unit("loans", NOW - late + timedelta(minutes=k)) as unit:
            kind = Kind.SAMPLED if k % 4 == 3 else Kind.ROUTED
            referrals.add(unit, LOANS, [asked(settled + k, kind)])

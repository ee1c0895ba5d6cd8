"""Decisions that are referred to people: sent by services, judged by people, answered.

A service sends rows as it sends predictions, each once by its id, and asks for answers by that id.
Lists tell no inputs; whoever judges sees them, and nobody sees what others judged before it is
settled.  Every write may be sent again and changes nothing then; no answer is kept for that, since
an erasure would not reach it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import Header, Query, Request

from tocsin.base.errors import BadInput
from tocsin.contain import answers
from tocsin.contain.refer import referred
from tocsin.contain.referral import Kind, Place, Referral, Referred, State, answered
from tocsin.ingest import predictions
from tocsin.ingest.parse import JSON, NDJSON
from tocsin.ingest.privacy import guarded, stored_ids
from tocsin.ingest.rows import Accepted
from tocsin.ingest.system import Kind as SystemKind
from tocsin.store import reasons, referrals, systems
from tocsin.store.referrals import Wanted
from tocsin.store.systems import StoredSystem
from tocsin.store.unit import Unit
from tocsin.web import judging
from tocsin.web.access import CallerDep
from tocsin.web.errors import UnsupportedType
from tocsin.web.fields import Answer, Conditions, Name, Number, Order
from tocsin.web.ingest import (
    REASONS_MAX,
    BodyDep,
    RejectionAnswer,
    place,
    plain,
    rows_of,
)
from tocsin.web.site import Site, SiteDep
from tocsin.web.writing import WritingDep

TYPES = (JSON, NDJSON)
WHY_MAX_CHARS = 1000
MOST_ROWS = 10_000


class ReferredAnswer(Answer):
    """What became of a body's rows: `accepted` counts those that are before people now.

    `left` are good rows that stay with the service: its system has people of its own.
    """

    accepted: int
    duplicates: int
    left: int
    rejected: list[RejectionAnswer]
    rejected_total: int


class WordAnswer(Answer):
    """What people say of one decision; `answer` is null while it waits.

    A higher `revision` replaces the answer before: a third person overruled it.
    """

    referral: str
    state: State
    answer: str | None
    revision: int
    at: datetime | None


class ReferralLine(Answer):
    """One decision before people, without what it was about."""

    id: str
    system: str
    kind: Kind
    state: State
    made_at: datetime
    due_at: datetime
    overdue: bool
    holder: str | None
    why: str


class ReferralsAnswer(Answer):
    """Decisions before people, first those callers wait for; `next` goes on behind the last."""

    referrals: list[ReferralLine]
    next: str | None


class JudgementAnswer(Answer):
    """What one person judged."""

    by: str
    at: datetime
    answer: str
    note: str


class ReferralAnswer(ReferralLine):
    """One decision as whoever judges it sees it.

    `own_answer` is null where it is hidden until somebody judged; `judgements` are the reader's own
    until it is settled.
    """

    prediction_id: str
    at: datetime
    version: str
    inputs: dict[str, Any]
    attributes: Conditions
    score: Number
    own_answer: str | None
    choices: list[str]
    judgements: list[JudgementAnswer]
    result: str | None


class NextAnswer(Answer):
    """What to judge next; null: nothing waits."""

    referral: ReferralAnswer | None


class NextOrder(Order):
    """Of which system, and which one to pass by."""

    system: Name | None = None
    passing: Name | None = None


class JudgementOrder(Order):
    """What a person judges."""

    answer: Name
    note: str = ""


def post_referrals(  # noqa: PLR0917 - what FastAPI hands over
    request: Request,
    site: SiteDep,
    caller: CallerDep,
    name: str,
    body: BodyDep,
    content_type: Annotated[str, Header(description=" | ".join(TYPES))] = "",
) -> ReferredAnswer:
    """Put decisions before people: rows as of predictions, each with a `why` if there is one."""
    if content_type.partition(";")[0].strip().lower() not in TYPES:
        said = content_type or "missing"
        raise UnsupportedType(f"content type {said!r}; send one of {', '.join(TYPES)}")
    with place(site):
        with site.ingest_readers:
            stored, rows = rows_of(site, name, plain(request, body), content_type)
            found, whys = read(cast("list[object]", rows), stored, site)
        taken = stored.system.queue.routed
        new = _add(site, caller.name, stored, found, whys) if taken else 0
    return ReferredAnswer(
        accepted=new,
        duplicates=found.duplicates + (found.table.num_rows - new if taken else 0),
        left=0 if taken else found.table.num_rows,
        rejected=[RejectionAnswer.model_validate(r) for r in found.rejected[:REASONS_MAX]],
        rejected_total=len(found.rejected),
    )


def read(rows: list[object], stored: StoredSystem, site: Site) -> tuple[Accepted, dict[str, str]]:
    """Return rows as they may be stored, and the reasons that they give by stored id.

    Raises:
        BadInput: people cannot judge such a system's answers, or there are too many rows.
    """
    if stored.system.kind is SystemKind.RANKING:
        what = f"{stored.system.name} answers with lists, which people cannot judge here"
        raise BadInput(what, where="system", do="judge them in the service itself")
    if len(rows) > MOST_ROWS:
        raise BadInput(f"{len(rows):,} rows", where="body", do=f"send {MOST_ROWS:,} at a time")
    whys: dict[str, str] = {}
    bare: list[object] = []
    for row in rows:
        if not isinstance(row, dict):
            bare.append(row)
            continue
        fields = cast("dict[str, object]", row)
        why = fields.get("why")
        if isinstance(why, str):
            whys[str(fields.get("id"))] = why.strip()[:WHY_MAX_CHARS]
        # whoever sends it here says by that that people decide
        left_out = ("why", "decided_by")
        bare.append({name: value for name, value in fields.items() if name not in left_out})
    system = stored.system
    found = predictions.validate(bare, stored.spec.schema, system, site.clock())
    names = list(whys)
    stored_as = dict(zip(stored_ids(names, system, site.secret), names, strict=True))
    return (
        guarded(found, system, site.secret),
        {stored_id: whys[name] for stored_id, name in stored_as.items()},
    )


def _add(
    site: Site, actor: str, stored: StoredSystem, found: Accepted, whys: dict[str, str]
) -> int:
    if not found.table.num_rows:
        return 0
    with site.database.unit(actor, site.clock()) as unit:
        return referrals.add(unit, stored.system, _facts(unit, found, whys, stored))


def _facts(
    unit: Unit, found: Accepted, whys: dict[str, str], stored: StoredSystem
) -> list[Referred]:
    rows = cast("list[dict[str, object]]", found.table.to_pylist())
    named = {str(row["directive"]) for row in rows if row["directive"]}
    sentences = reasons.reasons(unit.conn, stored.system.name, named)
    return [
        referred(
            row,
            stored.spec.schema,
            stored.system,
            kind=Kind.ROUTED,
            probability=1.0,
            why=whys.get(str(row["id"])) or sentences.get(str(row["directive"]), ""),
        )
        for row in rows
    ]


def show_answer(
    site: SiteDep,
    name: str,
    prediction_id: Annotated[str, Query(min_length=1, max_length=predictions.ID_MAX_CHARS)],
) -> WordAnswer:
    """Return what people say of one decision, by its own id; ask again while there is none."""
    with site.database.reading() as conn:
        system = systems.get(conn, name).system
        (stored_id,) = stored_ids([prediction_id], system, site.secret)
        one = referrals.of_prediction(conn, name, stored_id)
    said = answered(one, lambda a, b: answers.same(system, a, b), site.clock())
    return WordAnswer(
        referral=one.id,
        state=one.state if said else State.WAITING,
        answer=said.answer if said else None,
        revision=said.revision if said else 0,
        at=said.at if said else None,
    )


def list_referrals(  # noqa: PLR0917 - what FastAPI hands over
    site: SiteDep,
    system: Annotated[str | None, Query(max_length=200)] = None,
    state: Annotated[State | None, Query(description="left out: both")] = State.WAITING,
    overdue: Annotated[bool, Query(description="only those past their due time")] = False,
    after: Annotated[str, Query(max_length=200, description="`next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ReferralsAnswer:
    """Return decisions before people: those that callers wait for, then by due time."""
    now = site.clock()
    wanted = Wanted(system, state, now if overdue else None, read_place(after))
    with site.database.reading() as conn:
        if system is not None:
            systems.get(conn, system)
        found = referrals.listed(conn, wanted, limit + 1)
    return ReferralsAnswer(
        referrals=[ReferralLine.model_validate(line(one, now)) for one in found[:limit]],
        next=place_of(found[limit - 1]) if len(found) > limit else None,
    )


def show(site: SiteDep, caller: CallerDep, referral: str) -> ReferralAnswer:
    """Return one decision with what it was about."""
    with site.database.reading() as conn:
        one = referrals.get(conn, referral)
        return answer_of(one, systems.get(conn, one.system), caller.name, site.clock())


def take_next(write: WritingDep, order: NextOrder) -> NextAnswer:
    """Take what is due first and may be judged by the caller; theirs alone for a while."""

    def act(unit: Unit) -> NextAnswer:
        one = judging.take_next(unit, order.system, order.passing or "")
        return NextAnswer(referral=None if one is None else _answer(unit, one))

    return write.secretly(act)


def take(write: WritingDep, referral: str) -> ReferralAnswer:
    """Take one decision; it is the caller's alone for a while."""
    return write.secretly(lambda unit: _answer(unit, judging.take(unit, referral)))


def give_back(write: WritingDep, referral: str) -> ReferralLine:
    """Give one back, for anybody to take."""

    def act(unit: Unit) -> ReferralLine:
        return ReferralLine.model_validate(line(judging.give_back(unit, referral), unit.now))

    return write.secretly(act)


def judge(write: WritingDep, referral: str, order: JudgementOrder) -> ReferralAnswer:
    """Judge one decision; for ten seconds it may be taken back."""
    note = order.note[:WHY_MAX_CHARS]
    return write.secretly(
        lambda unit: _answer(unit, judging.judged(unit, referral, order.answer, note))
    )


def undo(write: WritingDep, referral: str) -> ReferralAnswer:
    """Take the caller's last judgement back."""
    return write.secretly(lambda unit: _answer(unit, judging.taken_back(unit, referral)))


def _answer(unit: Unit, one: Referral) -> ReferralAnswer:
    return answer_of(one, systems.get(unit.conn, one.system), unit.actor, unit.now)


def answer_of(one: Referral, stored: StoredSystem, reader: str, now: datetime) -> ReferralAnswer:
    """Return one decision as `reader` may see it."""
    facts, system = one.facts, stored.system
    mine = tuple(given for given in one.judgements if given.by == reader)
    settled = one.state is State.SETTLED
    hidden = system.queue.hides_answer and not mine and not settled
    return ReferralAnswer.model_validate(
        line(one, now)
        | {
            "prediction_id": facts.prediction_id,
            "at": facts.at,
            "version": facts.version,
            "inputs": dict(facts.inputs),
            "attributes": dict(facts.attributes),
            "score": None if hidden else facts.score,
            "own_answer": None if hidden else facts.answer,
            "choices": list(answers.choices(system, stored.spec.classes)),
            "judgements": list(one.judgements if settled else mine),
            "result": one.result,
        }
    )


def line(one: Referral, now: datetime) -> dict[str, object]:
    """Return what a list tells of one referral."""
    return {
        "id": one.id,
        "system": one.system,
        "kind": one.facts.kind,
        "state": one.state,
        "made_at": one.made_at,
        "due_at": one.due_at,
        "overdue": one.overdue(now),
        "holder": one.holder(now),
        "why": one.facts.why,
    }


def place_of(one: Referral) -> str:
    """Return what names a place in the order of lists."""
    first, due_at, id_ = one.place
    return f"{first}~{due_at.isoformat().replace('+00:00', 'Z')}~{id_}"


def read_place(text: str) -> Place | None:
    """Return the place that `text` names; None where it is empty.

    Raises:
        BadInput: it is none.
    """
    if not text:
        return None
    match text.split("~"):
        case ["0" | "1" as first, at, id_] if id_:
            with suppress(ValueError):
                due_at = datetime.fromisoformat(at)
                if due_at.tzinfo is not None:
                    return int(first), due_at, id_
        case _:
            pass
    raise BadInput(f"{text[:80]!r} is no place in the list", where="after", do="copy `next`")

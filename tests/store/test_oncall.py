"""Overrides are kept with who made them and why; planned pages can be called off."""

from datetime import datetime

import pytest

from tests.store.examples import HOUR, MINUTE, NOW, call, opened
from tocsin.base.errors import BadInput, Conflict, NotFound
from tocsin.base.spans import Span
from tocsin.oncall.person import Contact
from tocsin.oncall.policy import Called
from tocsin.oncall.schedule import Override
from tocsin.store import audit, oncall, pages
from tocsin.store.oncall import OverrideRow
from tocsin.store.unit import Database

GUEST = Override("guest", Span(NOW, NOW + HOUR), (Contact("guest", "mail", "g@example.org"),))


def make(
    database: Database, what: Override = GUEST, schedule: str = "lending", at: datetime = NOW
) -> OverrideRow:
    with database.unit("lending-lead", at) as unit:
        return oncall.override(unit, schedule, what, "a funeral")


def test_an_override_is_kept_with_author_and_reason_and_audited(database: Database) -> None:
    row = make(database)
    assert (row.schedule, row.override, row.reason) == ("lending", GUEST, "a funeral")
    assert (row.made_at, row.made_by, row.withdrawn_at) == (NOW, "lending-lead", None)
    with database.reading() as conn:
        assert oncall.overrides(conn, NOW) == {"lending": [GUEST]}
        assert audit.recent(conn, 1)[0].act.action == "oncall.overridden"


def test_overrides_stand_in_the_order_of_their_making_until_they_end(database: Database) -> None:
    later = Override("risk-lead", Span(NOW - HOUR, NOW + MINUTE))
    make(database)
    make(database, later)
    make(database, later, "fraud")
    with database.reading() as conn:
        assert oncall.overrides(conn, NOW) == {"lending": [GUEST, later], "fraud": [later]}
        assert oncall.overrides(conn, NOW + MINUTE) == {"lending": [GUEST]}
        assert oncall.overrides(conn, NOW + HOUR) == {}


def test_a_withdrawn_override_is_kept_and_does_nothing(database: Database) -> None:
    row = make(database)
    with database.unit("head", NOW + MINUTE) as unit:
        gone = oncall.withdraw_override(unit, row.id)
    assert (gone.withdrawn_at, gone.withdrawn_by) == (NOW + MINUTE, "head")
    with database.reading() as conn:
        assert oncall.overrides(conn, NOW) == {}
        assert oncall.get(conn, row.id) == gone
    with pytest.raises(Conflict, match="withdrawn by head"), database.unit("x", NOW) as unit:
        oncall.withdraw_override(unit, row.id)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Span(NOW + HOUR, NOW), "ends before it begins"),
        (Span(NOW, NOW), "ends before it begins"),
        (Span(NOW - HOUR, NOW), "is over"),
    ],
)
def test_an_override_that_could_do_nothing_is_refused(
    database: Database, span: Span, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        make(database, Override("guest", span))


def test_an_unknown_override_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound, match="ovr_nope"), database.unit("x", NOW) as unit:
        oncall.withdraw_override(unit, "ovr_nope")


def test_only_a_planned_page_that_nobody_heard_of_is_called_off(database: Database) -> None:
    sent, planned = call(), call(rung=1, at=NOW + HOUR)
    incident = opened(database, calls=(sent, planned))
    with database.unit("worker", NOW) as unit:
        pages.claim(unit, "worker", MINUTE, 9)
    gone = [
        Called(rung=c.rung, round=c.round, contact=c.contact, due_at=c.due_at)
        for c in (sent, planned)
    ]
    with database.unit("worker", NOW) as unit:
        assert oncall.call_off(unit, incident.id, gone) == 1
        assert oncall.call_off(unit, incident.id, []) == 0
    with database.reading() as conn:
        (left,) = pages.of_incident(conn, incident.id)
        assert (left.contact, left.attempts) == (sent.contact, 1)
        assert [one.tried for one in pages.calls(conn, incident.id)] == [True]

from dataclasses import replace

import pytest

from tests.store.examples import DAY, HOUR, NOW, WOMEN
from tocsin.base.errors import Conflict, NotFound
from tocsin.base.spans import Span
from tocsin.ingest.change import Change, ChangeKind, Complaint
from tocsin.store import changes
from tocsin.store.unit import Database

DEPLOY = Change(
    id="chg_1",
    at=NOW,
    system="loans",
    kind=ChangeKind.FEATURE_PIPELINE,
    title="income v311",
    scope=WOMEN,
    features=("income",),
    facts={"commit": "9f3c"},
)
COMPLAINT = Complaint(id="cmp_1", at=NOW, system="loans", text="Denied without reason", slice=WOMEN)


def test_changes_come_back_by_id_and_by_span(database: Database) -> None:
    with database.unit("deployer", NOW) as unit:
        changes.add(unit, DEPLOY)
    with database.reading() as conn:
        assert changes.get(conn, "chg_1") == DEPLOY
        assert changes.between(conn, "loans", DAY) == [DEPLOY]
        assert changes.between(conn, "loans", Span(NOW - HOUR, NOW)) == []
        assert changes.between(conn, "other", DAY) == []
        with pytest.raises(NotFound, match="no change chg_x"):
            changes.get(conn, "chg_x")


def test_one_id_names_one_change(database: Database) -> None:
    with database.unit("deployer", NOW) as unit:
        changes.add(unit, DEPLOY)
    with pytest.raises(Conflict), database.unit("deployer", NOW) as unit:
        changes.add(unit, DEPLOY)


def test_complaints_come_back_by_id_and_by_span(database: Database) -> None:
    with database.unit("front desk", NOW) as unit:
        changes.add_complaint(unit, COMPLAINT)
    with database.reading() as conn:
        assert changes.get_complaint(conn, "cmp_1") == COMPLAINT
        assert changes.complaints_between(conn, "loans", DAY) == [COMPLAINT]
        assert changes.complaints_between(conn, "loans", Span(NOW - HOUR, NOW)) == []
        with pytest.raises(NotFound, match="no complaint cmp_x"):
            changes.get_complaint(conn, "cmp_x")


def test_a_complaint_is_erased_and_that_there_was_one_stays(database: Database) -> None:
    with database.unit("visitor", NOW) as unit:
        one = Complaint(
            id="cmp_9", at=NOW, system="loans", text="I, Aspen, was denied", contact="a@b"
        )
        changes.add_complaint(unit, replace(one, prediction_id="p1"))
    with database.unit("admin", NOW) as unit:
        changes.erase_complaint(unit, "cmp_9")
        with pytest.raises(NotFound):
            changes.erase_complaint(unit, "cmp_8")
    with database.reading() as conn:
        left = changes.get_complaint(conn, "cmp_9")
    assert (left.text, left.contact, left.prediction_id) == ("erased", None, None)
    assert (left.system, left.at) == ("loans", NOW)

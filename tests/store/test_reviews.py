from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store.examples import HOUR, NOW, opened
from tocsin.base.errors import NotFound
from tocsin.learn.actions import ActionItem, ActionState, Check, CheckKind
from tocsin.learn.response import ResponseTimes
from tocsin.learn.review import Cause, Harm, Line, Mark, Review
from tocsin.store import reviews
from tocsin.store.unit import Database


def _action(incident: str, id_: str = "act_1") -> ActionItem:
    return ActionItem(
        id=id_,
        incident=incident,
        title="Watch accuracy of this slice",
        owner="lending",
        opened_at=NOW,
        due_at=NOW + 24 * HOUR,
        check=Check(kind=CheckKind.MONITOR, layer="performance", measure="accuracy"),
    )


def _review(incident: str) -> Review:
    return Review(
        incident=incident,
        name="INC-1",
        number=1,
        system="loans",
        title="Wrong denials",
        severity="SEV1",
        severity_why="harm",
        drafted_at=NOW,
        summary=("What happened.",),
        harm=Harm(
            affected=120,
            estimated_errors=float("inf"),
            cost=1.5,
            currency="EUR",
            unit="decision",
            complaints=2,
            text="120 decisions",
        ),
        times=ResponseTimes(
            mttd=timedelta(seconds=100), mtta=None, mttc=timedelta(microseconds=1), mttr=None
        ),
        marks=(Mark("detected", NOW),),
        timeline=(Line(NOW, "opened", "alert", "opened"),),
        causes=(Cause(title="income v311", why="just before", score=0.9, change="chg_1"),),
        went_well=("fast",),
        went_badly=(),
        lucky=(),
        actions=(_action(incident),),
    )


def test_a_review_is_kept_and_redrafted(database: Database) -> None:
    incident = opened(database)
    first = _review(incident.id)
    with database.reading() as conn:
        assert reviews.get(conn, incident.id) is None
    for review in (first, replace(first, lucky=("a quiet day",))):
        with database.unit("learn", NOW) as unit:
            reviews.save(unit, review)
        with database.reading() as conn:
            assert reviews.get(conn, incident.id) == review


def test_actions_are_listed_by_incident_or_all_together(database: Database) -> None:
    one, two = opened(database), opened(database)
    first, second = _action(one.id), _action(two.id, "act_2")
    with database.unit("learn", NOW) as unit:
        reviews.add_action(unit, first)
        reviews.add_action(unit, second)
    done = replace(first, state=ActionState.DONE, closed_at=NOW + HOUR)
    with database.unit("learn", NOW) as unit:
        assert reviews.action(unit.conn, "act_1") == first
        reviews.save_action(unit, done)
    with database.reading() as conn:
        assert reviews.actions(conn, one.id) == [done]
        assert reviews.actions(conn) == [done, second]


def test_an_action_that_was_never_added_is_not_found(database: Database) -> None:
    incident = opened(database)
    with pytest.raises(NotFound, match="add it first"), database.unit("learn", NOW) as unit:
        reviews.save_action(unit, _action(incident.id))
    with database.reading() as conn, pytest.raises(NotFound, match="no action act_1"):
        reviews.action(conn, "act_1")

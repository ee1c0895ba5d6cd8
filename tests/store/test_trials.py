from dataclasses import replace

from tests.store import examples
from tests.store.examples import HOUR, NOW
from tocsin.contain.canary import Call, Canary
from tocsin.contain.directive import Action
from tocsin.store import containment, trials
from tocsin.store.unit import Database

ONE = replace(examples.directive(), action=Action.CANARY, to_version="2", share=0.2)
HOLD = Canary(candidate="2", champion="1", span=None, call=Call.HOLD, why="", compared=())


def test_each_call_of_a_trial_is_kept_once(database: Database) -> None:
    with database.unit("tocsin", NOW) as unit:
        assert trials.called(unit.conn, ONE.id) == set()
        trials.call(unit, ONE, HOLD)
        trials.call(unit, ONE, HOLD)
        trials.call(unit, ONE, replace(HOLD, call=Call.ABORT))
    with database.reading() as conn:
        assert trials.called(conn, ONE.id) == {Call.HOLD, Call.ABORT}
        assert trials.called(conn, "dir_2") == set()


def test_it_is_kept_until_when_a_trial_was_judged(database: Database) -> None:
    with database.unit("tocsin", NOW) as unit:
        assert trials.looked(unit.conn, ONE.id) is None
        for at in (NOW, NOW + HOUR):
            trials.look(unit, ONE.id, at)
    with database.reading() as conn:
        assert trials.looked(conn, ONE.id) == NOW + HOUR


def test_the_canaries_of_an_incident_are_told_with_their_calls_in_order(database: Database) -> None:
    mine = replace(ONE, incident="inc_1")
    untried = replace(mine, id="dir_2", created_at=NOW + HOUR)
    with database.unit("tocsin", NOW) as unit:
        other = replace(ONE, id="dir_4", incident="inc_2")
        rules = replace(mine, id="dir_3", action=Action.FALLBACK, to_version=None, share=None)
        containment.add_directives(unit, [mine, untried, rules, other])
        trials.call(unit, mine, HOLD)
    with database.unit("tocsin", NOW + HOUR) as unit:
        trials.call(unit, mine, replace(HOLD, call=Call.ABORT))
    with database.reading() as conn:
        first, second = trials.of_incident(conn, "inc_1")
        assert trials.of_incident(conn, "inc_9") == []
    assert (first.directive, second.directive, second.calls) == (mine, untried, ())
    assert [(one.at, one.told.call) for one in first.calls] == [
        (NOW, Call.HOLD),
        (NOW + HOUR, Call.ABORT),
    ]

from dataclasses import replace

from tests.store import examples
from tests.store.examples import HOUR, NOW
from tocsin.contain.canary import Call, Canary
from tocsin.contain.directive import Action
from tocsin.store import trials
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

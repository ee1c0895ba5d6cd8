"""The facts behind a plan's preconditions, on a real database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.profile.made import made
from tests.store import examples
from tocsin.contain.directive import Action
from tocsin.contain.plan import NOT_KNOWN, Need, Plan, Step
from tocsin.contain.precondition import Facts
from tocsin.detect.stages import SERVING, Pace
from tocsin.ingest.change import Change, ChangeKind
from tocsin.ingest.system import Risk
from tocsin.profile.cell import CellKey
from tocsin.profile.layout import DECIDERS, layout_of
from tocsin.store import changes, containment, preconditions, profiles, stages, systems
from tocsin.store.unit import Database

NOW, HOUR = examples.NOW, timedelta(hours=1)
BEGIN = NOW.replace(minute=0)
LAYOUT = layout_of(examples.SPEC)


@pytest.fixture
def known(database: Database) -> Database:
    with database.unit("test", NOW) as unit:
        systems.save(unit, examples.SYSTEM, examples.SPEC, (), 20_000, "0" * 64)
    return database


def plan(*needs: Need, to_version: str | None = None, of_version: str | None = None) -> Plan:
    action = Action.ROLLBACK if to_version else Action.FALLBACK
    step = Step(action=action, for_=HOUR, needs=needs, to_version=to_version, of_version=of_version)
    return Plan(
        id="plan_1",
        incident=None,
        system="loans",
        steps=(step,),
        reach=NOT_KNOWN,
        risk=Risk.HIGH,
        made_at=NOW,
        made_by="lending",
    )


def read(database: Database, asked: Plan) -> Facts:
    with database.reading() as conn:
        return preconditions.facts(conn, asked, NOW)


def decide(
    database: Database, version: str, hours_ago: int, *, rules: int = 0, failed: int = 0
) -> None:
    """Let a version have decided a hundred times in one hour."""
    cell = LAYOUT.zero()
    LAYOUT.get(cell, "n")[0], LAYOUT.get(cell, "n_error")[0] = 100, failed
    LAYOUT.get(cell, "n_by_decider")[DECIDERS.index("fallback")] = rules
    cells = {CellKey(version, "", BEGIN - hours_ago * HOUR): cell}
    with database.unit("test", NOW) as unit:
        profiles.advance(unit, examples.SPEC, moves={}, delta=made(cells, examples.SPEC))


def test_nothing_is_read_for_a_plan_that_needs_nothing(database: Database) -> None:
    # not even its system, which is not there
    assert read(database, plan()) == Facts(now=NOW)


def test_the_serving_side_is_known_by_its_last_question_and_its_usual_pause(
    known: Database,
) -> None:
    assert read(known, plan(Need.HEARD)).heard_at is None
    with known.unit("test", NOW - HOUR) as unit:
        stages.beat(unit, SERVING, "loans", str(Pace(2 * HOUR, 9 * HOUR)))
    found = read(known, plan(Need.HEARD))
    assert (found.heard_at, found.usual_pause) == (NOW - HOUR, 2 * HOUR)


def test_a_version_is_known_by_the_last_hour_in_which_it_decided(known: Database) -> None:
    decide(known, "1", 5)
    decide(known, "1", 3)
    decide(known, "2", 1)
    assert read(known, plan(Need.DECIDED, to_version="1")).decided_at == {"1": BEGIN - 3 * HOUR}
    assert read(known, plan(Need.DECIDED, to_version="0")).decided_at == {}, "it never did"


def test_the_last_good_version_is_read_anew(known: Database) -> None:
    decide(known, "1", 5)
    decide(known, "2", 1)
    good = read(known, plan(Need.LAST_GOOD, to_version="1")).good
    assert good is not None
    assert good.version == "1"


def test_a_version_is_announced_by_the_last_change_that_names_it(known: Database) -> None:
    change = Change(id="chg_1", at=NOW - HOUR, system="loans", kind=ChangeKind.DEPLOY, title="two")
    with known.unit("test", NOW) as unit:
        changes.add(unit, replace(change, version="2"))
        changes.add(unit, replace(change, id="chg_2", version="2", at=NOW))
        changes.add(unit, replace(change, id="chg_3", at=NOW))
    assert read(known, plan(Need.ANNOUNCED, to_version="2")).announced_at == {"2": NOW}


def test_of_several_freezes_the_longest_counts(known: Database) -> None:
    freeze = replace(examples.directive("dir_1"), action=Action.FREEZE)
    longer = replace(freeze, id="dir_2", expires_at=freeze.expires_at + HOUR)
    with known.unit("test", NOW) as unit:
        containment.add_directives(unit, [freeze, longer, examples.directive("dir_3")])
    found = read(known, plan(Need.RELEASES, to_version="2")).frozen
    assert found is not None
    assert found.id == "dir_2"


def test_the_rules_are_known_by_decisions_of_theirs_that_did_not_fail(known: Database) -> None:
    decide(known, "1", 5, rules=3, failed=3)  # as of a gateway without rules
    assert read(known, plan(Need.RULES)).by_rules == 0
    decide(known, "1", 4, rules=7, failed=2)
    assert read(known, plan(Need.RULES)).by_rules == 5


def test_an_empty_queue_holds_nobody_up(known: Database) -> None:
    found = read(known, plan(Need.PEOPLE))
    assert (found.waiting, found.late) == (0, 0)


def test_what_holds_and_what_does_not_is_told_of_a_plan(known: Database) -> None:
    asked = plan(Need.HEARD, Need.DECIDED, to_version="1")
    with known.reading() as conn:
        told = preconditions.of_plan(conn, asked, NOW)
        lacking = preconditions.unmet(conn, asked, NOW)
    assert [(one.need, one.held) for one in told] == [(Need.HEARD, False), (Need.DECIDED, False)]
    assert [one.need for one in lacking] == [Need.DECIDED], "of the other people are warned"


def test_a_version_whose_decisions_are_meant_is_looked_for_in_both(known: Database) -> None:
    decide(known, "1", 5)
    change = Change(id="chg_1", at=NOW - HOUR, system="loans", kind=ChangeKind.DEPLOY, title="two")
    with known.unit("test", NOW) as unit:
        changes.add(unit, replace(change, version="2"))
    found = read(known, plan(Need.OF_VERSION, of_version="1"))
    assert found.decided_at == {"1": BEGIN - 5 * HOUR}
    assert read(known, plan(Need.OF_VERSION, of_version="2")).announced_at.keys() == {"2"}

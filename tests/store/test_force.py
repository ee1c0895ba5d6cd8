import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fresh import fresh
from tests.store.examples import HOUR, NOW, opened, plan
from tocsin.base.errors import BadInput, Conflict, NotFound
from tocsin.contain.directive import Action
from tocsin.contain.plan import Plan, PlanState, Step
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, State
from tocsin.store import containment, force, incidents
from tocsin.store.unit import Database


def test_a_plan_is_proposed_then_put_in_force_and_told(database: Database) -> None:
    incident = opened(database)
    wanted = plan(incident.id)
    with database.unit("ana", NOW) as unit:
        force.propose(unit, wanted, "ana proposes")
    with database.unit("birch", NOW + timedelta(minutes=1)) as unit:
        (directive,) = force.put_in_force(unit, wanted, wanted.hash, "birch approved", by="birch")
    with database.reading() as conn:
        stored = containment.plan(conn, wanted.id)
        assert (stored.state, stored.approved_by) == (PlanState.APPLIED, "birch")
        assert containment.in_force(conn, "loans", NOW + timedelta(minutes=2)) == [directive]
        told = [(e.kind, e.actor, e.text) for e in incidents.timeline(conn, incident.id)][-2:]
    assert told == [
        (EntryKind.PLAN, "ana", "ana proposes"),
        (EntryKind.APPROVED, "birch", "birch approved"),
    ]


def test_an_incident_stays_contained_while_another_plan_contains_it(database: Database) -> None:
    incident = opened(database)
    first = plan(incident.id)
    second = replace(first, id="plan_2")
    freeze = replace(
        first,
        id="plan_3",
        steps=(Step(action=Action.FREEZE, for_=first.steps[0].for_),),
    )
    with database.unit("ana", NOW) as unit:
        for one in (first, second, freeze):
            containment.save_plan(unit, one, PlanState.PROPOSED)
            force.put_in_force(unit, one, one.hash, "", by="ana")
        after, entries = lifecycle.contain(
            incidents.get(unit.conn, incident.id), actor="ana", now=NOW, entry_id="ent_c"
        )
        incidents.save(unit, after, entries)
    states = list[State]()
    for k, plan_id in enumerate(("plan_3", first.id, "plan_2")):
        with database.unit("ana", NOW + timedelta(minutes=k + 1)) as unit:
            force.take_back(unit, plan_id, f"ana reverted {plan_id}")
            states.append(incidents.get(unit.conn, incident.id).state)
    assert states == [State.CONTAINED, State.CONTAINED, State.OPEN]  # nobody has it
    with database.reading() as conn:
        told = incidents.timeline(conn, incident.id)[-3:]
    assert [(e.kind, e.text.split()[-1]) for e in told] == [
        (EntryKind.REVERTED, plan_id) for plan_id in ("plan_3", first.id, "plan_2")
    ]


def test_what_conflicts_with_what_is_in_force_is_not_even_proposed(database: Database) -> None:
    first, second = plan(), another("plan_2")
    with database.unit("ana", NOW) as unit:
        force.put_in_force(unit, first, first.hash, "", by="ana")
    with pytest.raises(BadInput), database.unit("birch", NOW + HOUR / 4) as unit:
        force.propose(unit, second, "")
    with database.reading() as conn, pytest.raises(NotFound, match="no plan plan_2"):
        containment.plan(conn, "plan_2")


def test_of_two_plans_that_conflict_only_one_comes_in_force_however_they_race(url: str) -> None:
    both = [plan(), another("plan_2")]
    one = fresh(url)
    barrier, ends = threading.Barrier(2), list[str]()
    desks = [Database(url) for _ in both]

    def press(desk: Database, wanted: Plan) -> None:
        barrier.wait()
        try:
            with desk.unit(wanted.id, NOW) as unit:
                force.put_in_force(unit, wanted, wanted.hash, "", by=wanted.id)
            ends.append("done")
        except Conflict as error:
            ends.append(str(error))

    threads = [threading.Thread(target=press, args=pair) for pair in zip(desks, both, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with one.reading() as conn:
        assert len(containment.in_force(conn, "loans", NOW)) == 1
    first, second = sorted(ends, key=len)
    assert first == "done"
    assert "no longer fits" in second
    for desk in (*desks, one):
        desk.close()


def another(id_: str) -> Plan:
    """Return a plan that asks for something else of the same slice."""
    first = plan()
    step = replace(first.steps[0], action=Action.BLOCK, to_version=None)
    return replace(first, id=id_, steps=(step,))

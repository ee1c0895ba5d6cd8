from dataclasses import replace

import pytest

from tests.store import examples
from tests.store.examples import MINUTE, NOW
from tocsin.base.errors import Conflict, NotFound
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.failure import Failure
from tocsin.contain.playbook import Done, Playbook, Run, Ticked
from tocsin.incident.incident import Severity
from tocsin.store import playbooks
from tocsin.store.unit import Database

DID = Ticked(done=Done.DONE, by="aspen", at=NOW)


def run(id_: str, playbook: Playbook = BUILT_IN[0], after: int = 0) -> Run:
    return Run(
        id=id_,
        incident="inc_1",
        playbook=playbook,
        failure=Failure.INPUT,
        chosen_at=NOW + after * MINUTE,
        chosen_by="tocsin",
    )


def test_a_run_is_kept_as_it_stood_with_what_became_of_its_steps(database: Database) -> None:
    with database.unit("tocsin", NOW) as unit:
        playbooks.start(unit, run("run_1"))
        playbooks.tick(unit, run("run_1"), 1, DID)
        kept = playbooks.required(unit.conn, "inc_1")
    assert kept.playbook == BUILT_IN[0]
    assert kept.ticked == {1: DID}


def test_the_last_chosen_counts_and_begins_anew(database: Database) -> None:
    with database.unit("tocsin", NOW) as unit:
        playbooks.start(unit, run("run_2"))
        playbooks.tick(unit, run("run_2"), 0, DID)
        playbooks.start(unit, run("run_1", BUILT_IN[1], after=1))
        kept = playbooks.required(unit.conn, "inc_1")
    assert (kept.id, kept.playbook.name, kept.ticked) == ("run_1", BUILT_IN[1].name, {})


def test_a_step_is_ticked_once(database: Database) -> None:
    with database.unit("tocsin", NOW) as unit:
        playbooks.start(unit, run("run_1"))
        playbooks.tick(unit, run("run_1"), 1, DID)
        with pytest.raises(Conflict):
            playbooks.tick(unit, playbooks.required(unit.conn, "inc_1"), 1, DID)


def test_only_unresolved_incidents_without_one_are_listed(database: Database) -> None:
    incident = examples.opened(database)
    with database.unit("tocsin", NOW) as unit:
        assert playbooks.without(unit.conn) == [incident.id]
        playbooks.start(unit, replace(run("run_1"), incident=incident.id))
        assert playbooks.without(unit.conn) == []
        with pytest.raises(NotFound, match="no playbook"):
            playbooks.required(unit.conn, "inc_none")


def test_only_incidents_with_automatic_steps_are_asked_at_every_round(database: Database) -> None:
    quiet, acting = examples.opened(database), examples.opened(database)
    first = replace(BUILT_IN[0].steps[0], automatic=Severity.SEV1)
    own = replace(BUILT_IN[0], steps=(first,))
    with database.unit("tocsin", NOW) as unit:
        playbooks.start(unit, replace(run("run_1"), incident=quiet.id))
        playbooks.start(unit, replace(run("run_2", own), incident=acting.id))
        assert playbooks.acting(unit.conn) == [acting.id]

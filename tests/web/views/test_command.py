"""The panel of who does what."""

from dataclasses import replace
from datetime import timedelta

from tests.incident.test_lifecycle import LATER, opened, resolved
from tests.incident.test_tasks import TASK
from tocsin.incident.incident import Holding, Role
from tocsin.incident.tasks import TaskState
from tocsin.web.views.command import desk

WANTED = {Role.COMMANDER: "SEV1", Role.SCRIBE: "SEV1"}


def test_it_shows_who_holds_a_role_and_which_ones_somebody_should() -> None:
    legal = (Holding(Role.LEGAL, "ada", LATER), Holding(Role.LEGAL, "ben", LATER))
    panel = desk(replace(opened(), roles=legal), WANTED, [], LATER)
    assert [(one.role, [who.person for who in one.holders], one.wanted) for one in panel.roles] == [
        (Role.COMMANDER, [], "SEV1"),
        (Role.SCRIBE, [], "SEV1"),
        (Role.LEGAL, ["ada", "ben"], ""),
    ]
    assert panel.holdings == ((Role.LEGAL, "ada"), (Role.LEGAL, "ben"))
    assert set(panel.every) == set(Role)


def test_what_is_over_misses_nobody() -> None:
    panel = desk(resolved(), WANTED, [], LATER)
    assert panel.over
    assert panel.roles == ()


def test_tasks_are_open_or_closed_and_late_ones_marked() -> None:
    done = replace(TASK, state=TaskState.DONE)
    dropped = replace(TASK, state=TaskState.DROPPED)
    panel = desk(opened(), {}, [TASK, done, dropped], LATER + timedelta(minutes=1))
    assert [(one.task, one.late) for one in panel.todo] == [(TASK, True)]
    assert panel.closed == (done, dropped)
    assert panel.progress == "1 of 2 done"
    assert desk(opened(), {}, [dropped], LATER).progress == ""

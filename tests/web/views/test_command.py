"""The panel of who does what."""

from dataclasses import replace
from datetime import timedelta

from tests.incident.test_lifecycle import LATER, opened, resolved
from tests.incident.test_tasks import TASK
from tocsin.incident.command import Ask, Command, When
from tocsin.incident.incident import Holding, Role, Severity
from tocsin.incident.joining import FIRST
from tocsin.incident.tasks import TaskState
from tocsin.oncall.person import Contact
from tocsin.store.pages import PageRow, PageState
from tocsin.web.views.command import asked, desk

WANTED = {Role.COMMANDER: "SEV1", Role.SCRIBE: "SEV1"}


def test_it_shows_who_holds_a_role_and_which_ones_somebody_should() -> None:
    legal = (Holding(Role.LEGAL, "aspen", LATER), Holding(Role.LEGAL, "beech", LATER))
    panel = desk(replace(opened(), roles=legal), WANTED, {}, [], LATER)
    assert [(one.role, [who.person for who in one.holders], one.wanted) for one in panel.roles] == [
        (Role.COMMANDER, [], "SEV1"),
        (Role.SCRIBE, [], "SEV1"),
        (Role.LEGAL, ["aspen", "beech"], ""),
    ]
    assert panel.holdings == ((Role.LEGAL, "aspen"), (Role.LEGAL, "beech"))
    assert set(panel.every) == set(Role)


def test_a_commander_leaves_only_to_a_deputy() -> None:
    led = replace(opened(), commander="aspen")
    assert desk(led, {}, {}, [], LATER).holdings == ()
    both = replace(led, roles=(Holding(Role.DEPUTY, "beech", LATER),))
    assert desk(both, {}, {}, [], LATER).holdings == (
        (Role.COMMANDER, "aspen"),
        (Role.DEPUTY, "beech"),
    )


def test_what_is_over_misses_nobody() -> None:
    panel = desk(resolved(), WANTED, {}, [], LATER)
    assert panel.over
    assert panel.roles == ()


def test_tasks_are_open_or_closed_and_late_ones_marked() -> None:
    done = replace(TASK, state=TaskState.DONE)
    dropped = replace(TASK, state=TaskState.DROPPED)
    panel = desk(opened(), {}, {}, [TASK, done, dropped], LATER + timedelta(minutes=1))
    assert [(one.task, one.late) for one in panel.todo] == [(TASK, True)]
    assert panel.closed == (done, dropped)
    assert panel.progress == "1 of 2 done"
    assert desk(opened(), {}, {}, [dropped], LATER).progress == ""


def test_who_was_asked_and_has_not_answered_is_said() -> None:
    ask = Ask(role=Role.LEGAL, when=When(severity=Severity.SEV2))
    page = PageRow(
        id="page_1",
        key="k",
        incident="inc_1",
        rung=FIRST,
        round=0,
        contact=Contact("aspen", "mail", ""),
        state=PageState.ACCEPTED,
        due_at=LATER,
        next_try_at=LATER,
        attempts=1,
        owner=None,
        lease_until=None,
        error=None,
        receipt=None,
        accepted_at=LATER,
        acknowledged_at=None,
        acknowledged_by=None,
        created_at=LATER,
    )
    command = Command(asks=(ask, Ask(when=ask.when)))
    rows = [
        page,
        replace(page, contact=Contact("aspen", "hook", "")),
        replace(page, contact=Contact("beech", "mail", ""), acknowledged_at=LATER),
        replace(page, contact=Contact("cherry", "mail", ""), accepted_at=None),
        replace(page, contact=Contact("damson", "mail", ""), rung=FIRST + 1),
        replace(page, contact=Contact("elder", "mail", ""), rung=0),
    ]
    waiting = asked(command, rows)
    assert waiting == {Role.LEGAL: ("aspen",)}
    (legal,) = desk(opened(), {Role.LEGAL: "SEV2"}, waiting, [], LATER).roles
    assert (legal.wanted, legal.asked) == ("SEV2", ("aspen",))
    held = replace(opened(), roles=(Holding(Role.LEGAL, "aspen", LATER),))
    (legal,) = desk(held, {}, waiting, [], LATER).roles
    assert legal.asked == ()
    assert desk(resolved(), {}, waiting, [], LATER).roles == ()

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store import examples
from tests.store.test_acts import FIRST
from tests.web.views.nouns import HOUR, INCIDENT, MINUTE, NOW
from tocsin.contain.act import Phase
from tocsin.contain.directive import Action, Directive
from tocsin.incident.incident import State
from tocsin.store.acts import ActRow
from tocsin.store.outbox import PageState
from tocsin.web.views.in_force import Case, InForce, in_force
from tocsin.web.views.marks import Mark

ONE = replace(
    examples.directive(),
    created_at=NOW,
    expires_at=NOW + 4 * HOUR,
    obeyed_at=NOW + timedelta(seconds=3),
)
UNSEEN = replace(ONE, obeyed_at=None)
CONTAINED = replace(INCIDENT, state=State.CONTAINED)
OVER = replace(INCIDENT, state=State.RESOLVED)
CASE = Case(incidents={"inc_1": CONTAINED}, approvers={"plan_1": "aspen"})


def shown(*held: Directive, case: Case = CASE, after: timedelta = MINUTE) -> InForce:
    return in_force(held, (), case, NOW + after)


def test_nothing_in_force_is_said() -> None:
    page = shown()
    assert (page.answer, page.mark) == ("Nothing is in force", Mark.HEALTHY)


def test_who_decides_instead_until_when_by_whose_word_and_whether_it_is_obeyed() -> None:
    page = shown(ONE, replace(ONE, id="dir_2", system="fraud", action=Action.FREEZE))
    assert page.answer == "2 directives in force for fraud and loans"
    assert page.lead.startswith("1 of them changes what people get. The next ends in 3 h 59 min")
    one, freeze = page.held
    assert (one.says, one.obeyed) == (
        "Sex=f goes to the fallback rules",
        "obeyed since 14:05:03 UTC",
    )
    assert (one.mark, one.approved_by, one.ends) == (Mark.CONTAINED, "aspen", "")
    assert freeze.obeyed == "nothing that serves has to obey it"


def test_a_moved_threshold_is_watched_but_where_the_service_asks_for_it_no_row_can_tell() -> None:
    moved = replace(ONE, action=Action.THRESHOLD, threshold=0.4)
    page = shown(moved, replace(moved, id="dir_2", obeyed_at=None))
    assert page.lead.startswith("2 of them change what people get")
    named, unnamed = page.held
    assert (named.obeyed, named.mark) == ("obeyed since 14:05:03 UTC", Mark.CONTAINED)
    assert unnamed.obeyed.startswith("no row of a gateway names it")
    assert unnamed.mark is Mark.NO_DATA


def test_an_end_that_is_near_is_said() -> None:
    (one,) = shown(ONE, after=4 * HOUR - 5 * MINUTE).held
    assert (one.ends, one.mark) == ("ends in 5 min", Mark.AT_RISK)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (Case(incidents={"inc_1": INCIDENT}, approvers={}), "no decision has shown yet"),
        (CASE, "no decision has shown yet"),
        (Case(incidents={}, approvers={}), "not watched: it belongs to no incident"),
        (Case(incidents={"inc_1": OVER}, approvers={}), "not watched: its incident is resolved"),
    ],
    ids=["not obeyed", "another one is", "no incident", "resolved"],
)
def test_what_nobody_has_seen_obeyed_is_at_risk(case: Case, said: str) -> None:
    (one,) = shown(UNSEEN, case=case).held
    assert one.obeyed.startswith(said)
    assert one.mark is Mark.AT_RISK


def test_many_systems_are_counted() -> None:
    held = [replace(ONE, id=f"dir_{k}", system=f"s{k}") for k in range(5)]
    assert shown(*held).answer == "5 directives in force for s0, s1 and 3 more systems"


def test_what_actuators_did_stands_with_the_directive_it_was_for() -> None:
    act = replace(FIRST, directive=ONE.id, phase=Phase.APPLIED)
    row = ActRow(
        act=act, state=PageState.ACCEPTED, next_try_at=NOW, attempts=1, owner=None, error=None
    )
    other = replace(ONE, id="dir_9")
    one, two = shown(ONE, other, case=replace(CASE, acts=[row])).held
    assert [view.says for view in one.acts] == ["done and read back"]
    assert two.acts == ()

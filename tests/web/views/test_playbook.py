from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.web.views.nouns import NOW
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.directive import FOR_EVERYONE, Action, OnAbort
from tocsin.contain.failure import Failure
from tocsin.contain.playbook import CANDIDATE, Done, IfWorse, Playbook, Run, Step, Ticked
from tocsin.incident.incident import Severity
from tocsin.ingest.system import Kind
from tocsin.web.views.playbook import playbook_views, run_view, sorts

TODAY = date(2026, 11, 20)
BOOK = Playbook(
    name="ours",
    title="Ours",
    failures=(Failure.INPUT, Failure.KPI),
    kinds=(Kind.BINARY,),
    from_severity=Severity.SEV2,
    owner="platform",
    rehearsed=TODAY - timedelta(days=200),
    steps=(
        Step(say="Rules", action=Action.FALLBACK, automatic=Severity.SEV1),
        Step(say="Everyone back", action=Action.ROLLBACK, everyone=True),
        Step(say="Call"),
    ),
)


RUN = Run(
    id="run_1",
    incident="inc_1",
    playbook=BOOK,
    failure=Failure.INPUT,
    chosen_at=NOW,
    chosen_by="tocsin",
    ticked={0: Ticked(done=Done.DONE, by="playbook ours", at=NOW)},
)


def test_a_run_says_what_is_done_and_what_comes_next() -> None:
    view = run_view(RUN, Severity.SEV1, TODAY)
    assert (view.progress, view.next) == ("1 of 3 steps", 2)
    assert [step.who for step in view.steps] == [
        "by itself from SEV1 on",
        "one click makes the plan",
        "by hand",
    ]
    assert view.steps[0].does == "fallback rules for those who are hit, 4 h"
    assert view.steps[1].does == "the last good version for everyone, 4 h"
    done = {place: Ticked(done=Done.DONE, by="aspen", at=NOW) for place in range(3)}
    assert run_view(replace(RUN, ticked=done), Severity.SEV1, TODAY).next == 0


def test_what_was_not_played_through_for_half_a_year_is_marked() -> None:
    (view,) = playbook_views([BOOK], TODAY)
    assert view.stale
    assert view.rehearsed == "rehearsed 2026-05-04, 200 days ago"
    assert view.meant_for == "“input” and “kpi” failures of binary systems, from SEV2 on"
    assert {one.stale for one in playbook_views(BUILT_IN, TODAY)} == {True}


def test_every_sort_of_failure_but_the_present_one_can_be_said() -> None:
    leads_to = dict.fromkeys(Failure, BOOK)
    assert [one.name for one in sorts(leads_to, None)] == list(Failure)
    present = sorts(leads_to, RUN)
    assert all(one.says.endswith("; the playbook is “Ours”") for one in present)
    decay = next(one for one in present if one.name == Failure.DECAY)
    assert decay.says.startswith("It decides worse than it did;"), "an own playbook explains none"
    known = {failure: one for one in BUILT_IN for failure in one.failures}
    assert {one.says for one in sorts(known, None)} == {one.title for one in known.values()}
    assert set(Failure) - {one.name for one in present} == {RUN.failure}
    assert run_view(RUN, Severity.SEV1, TODAY).failure == RUN.failure


def test_numbers_and_versions_of_a_step_are_read_before_it_is_pressed() -> None:
    steps = (
        Step(say="a", action=Action.THRESHOLD, threshold=0.7),
        Step(say="b", action=Action.CANARY, share=0.1, to_version=CANDIDATE),
        Step(say="c", action=Action.SHADOW, to_version="v9", everyone=True),
        Step(say="d", action=Action.ROLLBACK, to_version="v1"),
        Step(say="e", action=Action.REVIEW, of_version="v2"),
        Step(say="f", action=Action.THRESHOLD, threshold=0.7, of_version="v2"),
        Step(say="g", action=Action.CANARY, share=0.1, to_version="v9", on_abort=OnAbort.STOP),
    )
    (view,) = playbook_views([replace(BOOK, steps=steps)], TODAY)
    assert [step.does for step in view.steps] == [
        "yes from a score of 0.7 on for those who are hit, 4 h",
        "the candidate for 10 % of those who are hit, 4 h",
        "copies of 100 % of the decisions to version v9, for everyone, 4 h",
        "version v1 for those who are hit, 4 h",
        "human review for those who are hit where version v2 would decide, 4 h",
        "yes from a score of 0.7 on for those who are hit where version v2 decides, 4 h",
        "version v9 for 10 % of those who are hit, 4 h, or until it is seen to harm somebody",
    ]


@pytest.mark.parametrize("action", Action)
def test_only_what_has_no_slice_is_said_of_nobody_who_is_hit(action: Action) -> None:
    (view,) = playbook_views([replace(BOOK, steps=(Step(say="a", action=action),))], TODAY)
    does = view.steps[0].does
    assert ("those who are hit" in does) is (action not in FOR_EVERYONE)


def test_what_happens_by_itself_is_read_on_a_calm_day() -> None:
    (view,) = playbook_views([replace(BOOK, if_worse=IfWorse.REVERT)], TODAY)
    assert view.steps[0].who == "one click makes the plan; by itself from SEV1 on"
    assert "taken back by itself" in view.if_worse
    assert {one.if_worse for one in playbook_views(BUILT_IN, TODAY)} == {""}

"""The queue in words: what waits, what one may do, and nothing that would lead whoever judges."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store.examples import SPEC
from tests.web.cast import NOW
from tests.web.waiting import INPUTS, LOANS, asked
from tocsin.contain.agreement import agreement
from tocsin.contain.referral import UNDO, Kind, Referral, State, claim, judge, refer
from tocsin.contain.weighing import Judged, weigh
from tocsin.ingest.queue import Queue as Terms
from tocsin.ingest.system import Kind as SystemKind
from tocsin.ingest.system import System
from tocsin.store.referrals import Waiting
from tocsin.store.systems import StoredSystem
from tocsin.web.queue import Figures
from tocsin.web.views.marks import Mark
from tocsin.web.views.queue import item, line, queue, said, told


def same(one: str, other: str) -> bool:
    return one == other


def stored(system: System = LOANS) -> StoredSystem:
    return StoredSystem(system, replace(SPEC, schema=INPUTS), 0, "0" * 64)


def referral(kind: Kind = Kind.ROUTED) -> Referral:
    return refer("ref_1", "loans", asked(1, kind), LOANS.queue, NOW)


def twice() -> Referral:
    terms = Terms(second=1.0)
    return judge(referral(), "aspen", "approved", terms, same, NOW)


@pytest.mark.parametrize(
    ("waiting", "answer", "lead", "mark"),
    [
        (Waiting(0, 0, 0, None), "Nothing waits for a person.", "", Mark.HEALTHY),
        (Waiting(1, 0, 0, NOW), "1 decision waits for a person.", "None is past", Mark.HEALTHY),
        (Waiting(2, 1, 1, NOW), "2 decisions wait for a person.", "1 decision is past", Mark.HARM),
    ],
)
def test_the_first_line_answers(waiting: Waiting, answer: str, lead: str, mark: Mark) -> None:
    view = queue({"loans": waiting}, [], None, NOW)
    assert (view.answer, view.mark, view.waits) == (answer, mark, waiting.number > 0)
    assert view.lead.startswith(lead)
    assert view.told is None


def test_a_line_says_who_waits_and_who_has_it() -> None:
    fresh = line(referral(), NOW)
    assert (fresh.kind, fresh.says, fresh.mark) == (
        "the caller waits",
        "nobody has it yet",
        Mark.NO_DATA,
    )
    held = line(claim(referral(Kind.SAMPLED), "aspen", LOANS.queue.lease, NOW), NOW)
    assert (held.kind, held.says) == ("drawn by chance", "aspen has it")
    late = line(referral(), NOW + LOANS.queue.due)
    assert (late.says, late.mark, late.overdue) == ("overdue", Mark.HARM, True)
    over = line(replace(referral(), state=State.SETTLED), NOW)
    assert (over.kind, over.says) == ("the caller waited", "settled")


def test_whoever_has_it_sees_inputs_and_choices_and_not_the_systems_answer() -> None:
    one = claim(referral(), "aspen", LOANS.queue.lease, NOW)
    view = item(one, stored(), "aspen", NOW)
    assert (view.title, view.is_yours, view.hidden) == ("Judge this loan decision.", True, True)
    assert [(choice.answer, choice.key) for choice in view.choices] == [
        ("approved", "1"),
        ("not approved", "2"),
    ]
    assert view.own_answer == ""
    shown = {one.name: (one.value, one.hashed, one.is_missing) for one in view.inputs}
    assert shown["income"] == ("32", False, False)
    assert shown["employer_id"][1]
    assert shown["years_at_job"] == ("missing", False, True)
    open_ = stored(replace(LOANS, queue=Terms(hides_answer=False)))
    assert item(one, open_, "aspen", NOW).own_answer == "not approved (score 0.21)"


def test_who_may_not_judge_is_told_why() -> None:
    held = claim(referral(), "aspen", LOANS.queue.lease, NOW)
    other = item(held, stored(), "beech", NOW)
    assert (other.is_yours, other.may_take, other.says) == (False, False, "aspen has it")
    assert item(referral(), stored(), "beech", NOW).may_take
    assert item(twice(), stored(), "aspen", NOW + UNDO).says.startswith("you have judged it before")
    assert "taken back" in item(twice(), stored(), "beech", NOW).says


def test_a_second_person_sees_nothing_of_the_first_until_it_is_settled() -> None:
    blind = item(twice(), stored(), "beech", NOW + UNDO)
    assert (blind.judgements, blind.result, blind.hidden) == ((), "", True)
    done = judge(twice(), "beech", "approved", Terms(second=1.0), same, NOW + UNDO)
    after = item(done, stored(), "cherry", NOW + 2 * UNDO)
    assert [given.by for given in after.judgements] == ["aspen", "beech"]
    assert after.title == "This loan decision was settled: approved."


def test_classes_and_numbers_may_be_written() -> None:
    several = replace(LOANS, kind=SystemKind.MULTICLASS)
    spec = replace(SPEC, schema=INPUTS, classes=tuple(f"c{k}" for k in range(12)))
    view = item(referral(), StoredSystem(several, spec, 0, ""), "aspen", NOW)
    assert view.written == "Another class"
    assert [choice.key for choice in view.choices][8:] == ["9", "", "", ""]
    number = item(referral(), stored(replace(LOANS, kind=SystemKind.REGRESSION)), "aspen", NOW)
    assert (number.choices, number.written) == ((), "The right number")


def test_figures_are_told_with_interval_and_n_and_left_out_where_there_are_none() -> None:
    nothing = Figures(
        agreement=agreement([]),
        wrong=weigh([]),
        slices=(),
        since=NOW - timedelta(days=30),
    )
    empty = told(nothing)
    assert (empty.agreement, empty.kappa, empty.wrong, empty.of) == (None, "", None, "")
    judged = [Judged(0.05, k == 0) for k in range(20)]
    full = told(
        replace(
            nothing,
            agreement=agreement([("a", "a")] * 9 + [("a", "b")]),
            wrong=weigh(judged),
            slices=(("sex=f", weigh(judged)),),
        )
    )
    assert full.wrong is not None
    assert full.agreement is not None
    assert (full.wrong.value, full.wrong.n) == ("5.0 %", "20")
    assert full.of == "stands for about 400 decisions"
    assert full.agreement.value == "90.0 %"
    assert full.kappa.startswith("0.00 (")
    assert [one.label for one in full.slices] == ["sex=f"]


def test_yes_and_no_are_said_as_people_say_them() -> None:
    assert [said(word) for word in ("true", "false", "approved")] == ["Yes", "No", "approved"]

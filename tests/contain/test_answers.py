"""What people may answer: canonical, within what the system could have said."""

from dataclasses import replace

import pytest

from tocsin.base.errors import BadInput
from tocsin.contain.answers import choices, read, same
from tocsin.ingest.system import Columns, Kind, System

LOANS = System(name="loans", columns=Columns(positive="approved"))
CLASSES = System(name="mail", kind=Kind.MULTICLASS)
ETA = System(name="eta", kind=Kind.REGRESSION)
LISTS = System(name="feed", kind=Kind.RANKING)


def test_yes_comes_before_no_and_classes_in_their_order() -> None:
    assert choices(LOANS) == ("approved", "not approved")
    assert choices(CLASSES, ("spam", "ham")) == ("spam", "ham")
    assert choices(ETA) == choices(LISTS) == ()


def test_every_choice_reads_as_itself() -> None:
    for system in (LOANS, replace(LOANS, columns=Columns())):
        assert tuple(read(system, one) for one in choices(system)) == choices(system)


@pytest.mark.parametrize(
    ("system", "text", "answer"),
    [
        (CLASSES, " ham ", "ham"),
        (CLASSES, "something new", "something new"),
        (ETA, "12.50", "12.5"),
        (ETA, "1e3", "1000"),
        (ETA, "-0.25", "-0.25"),
    ],
)
def test_answers_are_read_in_canonical_form(system: System, text: str, answer: str) -> None:
    assert read(system, text) == answer


@pytest.mark.parametrize(
    ("system", "text"),
    [(LOANS, "denied"), (LOANS, " "), (CLASSES, "nan"), (CLASSES, "x" * 201), (ETA, "inf"),
     (ETA, "soon"), (LISTS, "a")],
)  # fmt: skip
def test_what_is_no_answer_is_refused(system: System, text: str) -> None:
    with pytest.raises(BadInput):
        read(system, text)


def test_of_a_yes_or_no_every_word_that_is_not_yes_is_a_no() -> None:
    assert same(LOANS, "denied", "not approved")
    assert not same(LOANS, "approved", "denied")
    assert not same(CLASSES, "a", "b")

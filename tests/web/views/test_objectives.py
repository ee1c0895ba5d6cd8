"""Objectives as a page lists them."""

import pytest

from tests.detect.test_slo import SLO, objective
from tocsin.detect.levels import levelled
from tocsin.detect.slo import findings
from tocsin.ingest.slo import Slo
from tocsin.ingest.system import System
from tocsin.web.views.marks import Mark
from tocsin.web.views.objectives import Row, promised, rows


def row(share: dict[int, float], n: float = 1200.0) -> Row:
    said = findings(objective(share, n=n), 1e-6, 1e-5)
    (only,) = rows([SLO], levelled(said, System(name="s")))
    return only


def test_a_kept_promise_shows_its_budget() -> None:
    quiet = row({})
    assert (quiet.name, quiet.good, quiet.left, quiet.mark) == (
        "answers-30d",
        "99.90 %",
        "90 %",
        Mark.HEALTHY,
    )
    assert quiet.left_share == pytest.approx(0.9)
    assert [one.text for one in quiet.burning] == ["0.1 ×", "0.1 ×"]


def test_a_fire_is_harm_and_a_slow_one_a_risk() -> None:
    assert row({1: 0.2}).mark is Mark.HARM
    slow = row({72: 0.02})
    assert (slow.mark, slow.burning[0].mark) == (Mark.AT_RISK, Mark.HEALTHY)
    assert slow.burning[1].text == "2 ×"


def test_what_cannot_be_judged_says_no_number() -> None:
    few = row({}, n=0.01)
    assert (few.good, few.left, few.left_share, few.mark) == ("–", "–", 0.0, Mark.NO_DATA)


def test_an_objective_that_was_not_looked_at_yet_is_not_listed() -> None:
    assert rows([SLO], []) == ()


@pytest.mark.parametrize(
    ("slo", "words"),
    [
        (
            Slo(name="x", sli="availability", target=0.9995),
            "99.95 % of calls do not fail, over 30 d",
        ),
        (
            Slo(name="x", sli="recall", column="refund", target=0.8),
            "80 % of true ‘refund’ are answered so, over 30 d",
        ),
        (
            Slo(name="x", sli="missing", column="income", target=0.98, period_s=7 * 86400),
            "98 % of decisions have income, over 7 d",
        ),
    ],
)
def test_a_promise_in_words(slo: Slo, words: str) -> None:
    assert promised(slo) == words

import pytest

from tocsin.base.errors import BadInput
from tocsin.detect.budget import Budget, alpha_per_look


def test_the_budget_is_spread_over_looks_and_monitors() -> None:
    assert alpha_per_look(1, 30, 100) * 30 * 100 == pytest.approx(1)


def test_a_bucket_of_an_hour_is_720_looks_a_month() -> None:
    assert Budget.of(1, 3600).looks_per_month == 720


def test_a_generous_budget_still_asks_for_evidence() -> None:
    assert alpha_per_look(1000, 1, 1) == 0.05


def test_no_monitors_count_as_one() -> None:
    assert Budget(1, 100).alpha(0) == 0.01


@pytest.mark.parametrize(("pages", "looks"), [(0, 30), (1, 0), (-1, 30)])
def test_a_budget_of_nothing_is_refused(pages: float, looks: float) -> None:
    with pytest.raises(BadInput, match="positive"):
        alpha_per_look(pages, looks, 1)


def test_tickets_have_a_budget_of_their_own() -> None:
    budget = Budget.of(1, 3600)
    assert budget.tickets.alpha(100) == pytest.approx(4 * budget.alpha(100))
    assert Budget(2.0, 720.0).tickets == Budget(2.0, 720.0)
    strict = Budget.of(1, 3600, 0.5)
    assert strict.tickets.alpha(100) == pytest.approx(0.5 * strict.alpha(100))

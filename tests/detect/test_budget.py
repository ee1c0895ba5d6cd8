import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.looks import chance
from tocsin.base.errors import BadInput
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect.budget import HALF, Alphas, Asked, Budget, alpha_per_look


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


@given(
    everyone=st.integers(0, 500),
    slices=st.integers(0, 50_000),
    pages=st.floats(0.01, 1000),
    looks=st.floats(1, 1e6),
    part=st.floats(0.01, 1),
)
def test_all_questions_together_raise_no_more_than_their_part_of_the_budget(
    everyone: int, slices: int, pages: float, looks: float, part: float
) -> None:
    asked = Asked(everyone, slices)
    alphas = Budget(pages, looks).alphas(asked, part)
    assert chance(asked, alphas) * looks <= pages * part * (1 + 1e-9)
    assert 0 < alphas.slice <= 0.05
    assert 0 < alphas.everyone <= 0.05


def test_slices_leave_everyone_half_of_the_budget_however_many_there_are() -> None:
    budget = Budget(1, 1000)
    few, many = budget.alphas(Asked(10, 10)), budget.alphas(Asked(10, 10_000))
    assert few.everyone == many.everyone == pytest.approx(HALF / 1000 / 10)
    assert few.slice == few.everyone
    assert many.slice == pytest.approx(few.slice / 1000)


def test_what_is_asked_alone_has_the_whole_budget() -> None:
    budget = Budget(1, 1000)
    assert budget.alphas(Asked(everyone=10)).everyone == budget.alpha(10)
    assert budget.alphas(Asked(slices=10)).slice == budget.alpha(10)


def test_questions_of_each_slice_are_asked_of_everyone_too() -> None:
    every = Asked.of_each(3, 20)
    assert every == Asked(3, 60)
    assert (every + Asked(2, 5)).total == 70


def test_rates_are_those_of_everyone_and_of_any_slice() -> None:
    alphas, women = Alphas(1e-3, 1e-5), Slice.of({"sex": "f"})
    assert (alphas.of(EVERYONE), alphas.of(women)) == (1e-3, 1e-5)
    assert alphas.rows([EVERYONE, women, women]).tolist() == [[1e-3], [1e-5], [1e-5]]
    assert Alphas.alike(0.01).of(women) == 0.01

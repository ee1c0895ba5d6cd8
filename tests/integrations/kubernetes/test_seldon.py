"""Weights add up, keep their proportions, and give a version its share."""

from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.actuator import directive
from tocsin.contain.directive import Action
from tocsin.integrations.kubernetes.seldon import Experiment
from tocsin.integrations.kubernetes.shape import CannotSay

SHAPE = Experiment("ml", "credit", "v{version}")


def aimed(base: list[list[object]], share: float | None = None) -> list[tuple[str, int]]:
    action = Action.CANARY if share is not None else Action.ROLLBACK
    said = SHAPE.aim({}, base, directive(action, share=share))
    return [(name, weight) for name, weight in cast("list[tuple[str, int]]", said)]


@given(
    weights=st.lists(st.integers(0, 100), min_size=1, max_size=5),
    share=st.integers(1, 999).map(lambda k: k / 1000),
)
@settings(max_examples=200, deadline=None)
def test_weights_add_up_and_keep_their_proportions(weights: list[int], share: float) -> None:
    base: list[list[object]] = [[f"v{10 + k}", weight] for k, weight in enumerate(weights)]
    if sum(weights) == 0:
        with pytest.raises(CannotSay, match="cannot give"):
            aimed([*base, ["v7", 5]], share)
        return
    got = dict(aimed([*base, ["v7", 5]], share))
    assert got["v7"] == round(share * 1000)
    assert sum(got.values()) == 1000
    for name, weight in base:
        exact = (1000 - got["v7"]) * int(str(weight)) / sum(weights)
        assert abs(got[str(name)] - exact) < 1


def test_a_rollback_gives_one_candidate_everything() -> None:
    assert aimed([["v8", 90], ["v7", 0], ["v6", 10]]) == [("v8", 0), ("v7", 1000), ("v6", 0)]
    assert aimed([["v7", 1]]) == [("v7", 1000)]


def test_what_it_has_not_is_refused() -> None:
    with pytest.raises(CannotSay, match="Experiment ml/credit has no candidate v7"):
        aimed([["v8", 100]])
    with pytest.raises(CannotSay, match="has no candidates"):
        SHAPE.value({"spec": {"candidates": []}})


def test_it_says_what_it_gives_to_whom() -> None:
    assert SHAPE.says(directive()) == "gives 1 of Experiment ml/credit to candidate v7"
    assert SHAPE.shows([["v8", 90], ["v7", 10]]) == (
        "Experiment ml/credit has the weights v8 90, v7 10"
    )

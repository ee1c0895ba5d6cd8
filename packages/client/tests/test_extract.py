"""What is read from a call by default."""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pytest

from tocsin_client.extract import inputs_of, prediction_of, score_of


@dataclass
class Answer:
    score: float
    prediction: str


class Estimator:
    """scikit-learn's classes have a method of this name."""

    def score(self) -> float:
        return 1.0


@pytest.mark.parametrize(
    ("result", "score", "prediction"),
    [
        (0.7, 0.7, None),
        (1, 1, None),
        (True, None, True),
        ("approved", None, "approved"),
        (None, None, None),
        ({"score": 0.7, "prediction": "approved", "other": 1}, 0.7, "approved"),
        (MappingProxyType({"prediction": False}), None, False),
        ({}, None, None),
        (Answer(0.2, "declined"), 0.2, "declined"),
        (Estimator(), None, None),
        (np.float64(0.7), 0.7, None),
        (np.float32(0.5), 0.5, None),
        (np.bool_(True), None, True),
        (np.array([[0.25, 0.75]]), 0.75, None),
        (np.array([0.25, 0.75]), 0.75, None),
        (np.array([1]), 1, None),
        (np.array(["approved"]), None, "approved"),
        (np.array([[0.1, 0.2, 0.7]]), None, None),
        (np.array([[0.1, 0.9], [0.2, 0.8]]), None, None),
        (object(), None, None),
    ],
)
def test_score_and_prediction_by_default(result: object, score: object, prediction: object) -> None:
    assert score_of(result) == score
    assert prediction_of(result) == prediction


def test_the_first_mapping_holds_the_inputs_even_after_self() -> None:
    assert inputs_of([object(), {"a": 1}, {"b": 2}], {"c": {}}) == {"a": 1}
    assert inputs_of([7], {"x": 1, "application": {"a": 1}}) == {"a": 1}


def test_without_a_mapping_the_keyword_arguments_are_the_inputs() -> None:
    assert inputs_of([7], {"income": 1}) == {"income": 1}
    assert inputs_of([7], {}) == {}

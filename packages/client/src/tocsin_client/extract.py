"""What is read from a guarded call where the service registered nothing of its own.

Inputs:      the first argument that is a Mapping, positional before keyword; else the keyword
             arguments themselves; else nothing.
Score:       a result that is a number (not a bool); or its "score" item, or its `.score`; or the
             last of the class probabilities of one row (what `predict_proba` returns).
Prediction:  a result that is a bool or text; or its "prediction" item, or its `.prediction`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast


def inputs_of(args: Sequence[object], kwargs: Mapping[str, object]) -> Mapping[str, object]:
    """Return the inputs of a call.

    >>> inputs_of([object(), {"income": 1}], {}), inputs_of([], {"income": 1})
    ({'income': 1}, {'income': 1})
    """
    for value in args:
        if isinstance(value, (dict, Mapping)):  # a dict is told in a tenth of the time
            return cast("Mapping[str, object]", value)
    for value in kwargs.values():
        if isinstance(value, (dict, Mapping)):  # a dict is told in a tenth of the time
            return cast("Mapping[str, object]", value)
    return kwargs


def score_of(result: object) -> object:
    """Return the score in a result, None where there is none.

    >>> score_of(0.7), score_of({"score": 0.7}), score_of(True), score_of("yes")
    (0.7, 0.7, None, None)
    """
    if isinstance(result, (dict, Mapping)):
        return cast("Mapping[str, object]", result).get("score")
    if isinstance(result, (bool, str)) or result is None:
        return None
    if isinstance(result, (int, float)):
        return result
    score = getattr(result, "score", None)
    if score is not None and not callable(score):  # a scikit-learn estimator has a method `score`
        return cast("object", score)
    number = _unwrapped(result)
    return None if isinstance(number, (bool, str)) else number


def prediction_of(result: object) -> object:
    """Return the class in a result, None where there is none.

    >>> prediction_of("yes"), prediction_of({"prediction": 1}), prediction_of(0.7)
    ('yes', 1, None)
    """
    if isinstance(result, (dict, Mapping)):
        return cast("Mapping[str, object]", result).get("prediction")
    if isinstance(result, (bool, str)):
        return result
    if result is None or isinstance(result, (int, float)):
        return None
    prediction = getattr(result, "prediction", None)
    if prediction is not None:
        return cast("object", prediction)
    value = _unwrapped(result)
    return value if isinstance(value, (bool, str)) else None


def _unwrapped(result: object) -> object:
    """Return the one scalar an array holds, or the last of one row of two probabilities."""
    to_list = getattr(result, "tolist", None)
    if not callable(to_list):
        return None
    value = cast("Callable[[], object]", to_list)()
    while isinstance(value, list):
        items = cast("list[object]", value)
        two_classes = len(items) == 2 and all(isinstance(item, float) for item in items)
        if len(items) != 1 and not two_classes:
            return None
        value = items[-1]
    return value if isinstance(value, (bool, int, float, str)) else None

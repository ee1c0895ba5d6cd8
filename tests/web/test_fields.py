"""Our words in JSON."""

import math

import pytest
from pydantic import ValidationError

from tocsin.base.slices import Slice
from tocsin.web.fields import Answer, Conditions, Instant, Name, Number, Order


class Shown(Answer):
    share: Number
    slice: Conditions


class Asked(Order):
    name: Name
    at: Instant | None = None


@pytest.mark.parametrize("unsaid", [math.nan, math.inf, -math.inf, None])
def test_a_number_that_cannot_be_said_is_null(unsaid: float | None) -> None:
    shown = Shown.model_validate({"share": unsaid, "slice": Slice.of({"sex": "f"})})
    assert shown.model_dump_json() == '{"share":null,"slice":{"sex":"f"}}'


def test_an_order_refuses_what_it_does_not_know() -> None:
    for order in (
        {"name": "x", "nmae": "y"},
        {"name": " "},
        {"name": "x", "at": "2026-11-20T12:00"},
    ):
        with pytest.raises(ValidationError):
            Asked.model_validate(order)

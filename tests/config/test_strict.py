"""Lengths of time and times of day as people write them."""

from datetime import time, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from tocsin.config.strict import Duration, Every, TimeOfDay


def test_lengths_are_as_written() -> None:
    assert TypeAdapter(Duration).validate_python("1h 30m") == timedelta(minutes=90)
    assert TypeAdapter(Every).validate_python("weekly") == timedelta(weeks=1)
    assert TypeAdapter(Every).validate_python("12h") == timedelta(hours=12)
    with pytest.raises(ValidationError, match="soon"):
        TypeAdapter(Duration).validate_python("soon")


@pytest.mark.parametrize(
    ("written", "meant"), [("09:00", time(9)), (630, time(10, 30)), ("24:00", time(0))]
)
def test_a_time_of_day_survives_what_yaml_makes_of_it(written: object, meant: time) -> None:
    assert TypeAdapter(TimeOfDay).validate_python(written) == meant


@pytest.mark.parametrize("written", ["9", "25:00", True, -1, 1441])
def test_what_is_no_time_of_day_is_refused(written: object) -> None:
    with pytest.raises(ValidationError, match="time of day"):
        TypeAdapter(TimeOfDay).validate_python(written)

"""Types that the forms of `tocsin.yaml` are made of: strict ones, lengths of time, names."""

import re
from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tocsin.base.errors import BadInput
from tocsin.base.spans import parse_duration


def _duration(value: object) -> object:
    try:
        return parse_duration(value) if isinstance(value, str) else value
    except BadInput as error:  # so that the complaint names the key
        raise ValueError(str(error)) from None


def _every(value: object) -> object:
    spelt = {"daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
    return spelt[value] if isinstance(value, str) and value in spelt else _duration(value)


def _time_of_day(value: object) -> object:
    """Return the time that `HH:MM` names; YAML makes a whole number of minutes of `10:30`."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _DAY_MINUTES:
        return time(value // 60 % 24, value % 60)
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-4]):[0-5]\d", value):
        hours, minutes = map(int, value.split(":"))
        return _time_of_day(60 * hours + minutes)
    raise ValueError("write a time of day like 09:00")


_DAY_MINUTES = 24 * 60
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Every = Annotated[timedelta, BeforeValidator(_every)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Strict(BaseModel):
    """Refuses keys it does not know, so that a typo is an error and not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

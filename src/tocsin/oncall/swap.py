"""Swap: two people take each other's shift, as two overrides of one schedule."""

from collections.abc import Sequence
from datetime import datetime

from tocsin.base.errors import BadInput, Conflict
from tocsin.oncall.schedule import Override, Schedule, Shift, shifts


def swap(
    schedule: Schedule, overrides: Sequence[Override], one: Shift, other: Shift, now: datetime
) -> tuple[Override, Override]:
    """Return the overrides that give each of two shifts to the other's person.

    Args:
        schedule: the layers.
        overrides: of this schedule, in the order in which they were made.
        one: a shift, or a part of one, as the schedule has it.
        other: a shift of somebody else.
        now: the instant.

    Raises:
        BadInput: both are of one person, or one of them is over.
        Conflict: the schedule names somebody else by now.
    """
    if one.person == other.person:
        raise BadInput(
            f"both shifts are {one.person}'s", where="theirs", do="choose a shift of somebody else"
        )
    for shift in (one, other):
        if shift.span.end <= now:
            raise BadInput(f"the shift of {shift.person} is over", do="choose one that lies ahead")
        if [found.person for found in shifts(schedule, overrides, shift.span)] != [shift.person]:
            raise Conflict(
                f"{shift.person} is not on call from {shift.span.start:%Y-%m-%d %H:%M} UTC on;"
                " the schedule has changed, look again"
            )
    return Override(other.person, one.span), Override(one.person, other.span)

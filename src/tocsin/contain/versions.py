"""Which version decides now, whether it is new, and which came before it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.profile.cell import Cells

NEW_WITHIN = timedelta(hours=48)
"""A version that began so shortly before the harm is a new one."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The version that decides now, whether it is new, and the one before it."""

    newest: str | None
    previous: str | None
    is_new: bool


def versions(cells: Cells, harmed_from: datetime) -> Versions:
    """Return the newest version of everyone's cells and the one before, by when each began.

    Args:
        cells: of the slice "everyone", over the days before now.
        harmed_from: when the harm began, as far as is known.
    """
    began: dict[str, datetime] = {}
    for key in cells:
        if key.slice == "":
            began[key.version] = min(key.bucket, began.get(key.version, key.bucket))
    order = sorted(began, key=lambda version: (began[version], version))
    if len(order) < 2:
        return Versions(order[0] if order else None, None, is_new=False)
    newest, previous = order[-1], order[-2]
    lead = harmed_from - began[newest]
    # a bucket's start lies up to a bucket before the harm it holds, or a little after
    return Versions(newest, previous, is_new=timedelta(hours=-1) <= lead <= NEW_WITHIN)

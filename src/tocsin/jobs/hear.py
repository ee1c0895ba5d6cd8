"""Hear: outside alerts are taken into account as they come, several systems in one commit.

The rounds of the pipeline do the same (`alert`); this does it between two of them.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from tocsin.jobs import alert
from tocsin.jobs.per_system import complain, tried
from tocsin.jobs.rings import Rings
from tocsin.store import outside
from tocsin.store.unit import Unit

_ACTOR = "tocsin"
_AT_ONCE = 5
"""Systems heard of in one commit: more of them wait less, and everybody else waits longer."""


def run(rings: Rings, now: datetime) -> None:
    """Take every system's outside alerts into account."""
    Ear().run(rings, now)


class Ear:
    """Hears of outside alerts between two rounds of the pipeline, so that none waits for a round.

    It remembers what it heard of in this process only: what it misses, the next round takes.
    """

    def __init__(self) -> None:
        """Have heard of nothing yet."""
        self._heard: dict[str, object] = {}

    def run(self, rings: Rings, now: datetime) -> None:
        """Take the alerts of each system into account of whose outside alerts there is news."""
        with rings.database.reading() as conn:
            marks = outside.marks(conn)
        news = sorted(name for name in marks if self._heard.get(name) != marks[name])
        troubles: list[Exception] = []
        for first in range(0, len(news), _AT_ONCE):
            heard, failed = _hear(rings, news[first : first + _AT_ONCE], now)
            self._heard |= {name: marks[name] for name in heard}
            troubles += failed
        complain(troubles)


def _hear(rings: Rings, names: Sequence[str], now: datetime) -> tuple[list[str], list[Exception]]:
    """Take the alerts of some systems into account in one commit; return whose, and what failed."""
    heard: list[str] = []

    def take(unit: Unit, name: str) -> None:
        with unit.part():
            alert.look(rings, unit, name)
        heard.append(name)

    with rings.database.unit(_ACTOR, now) as unit:
        failed = tried(names, partial(take, unit))
        unit.quiet = not heard
    return heard, failed

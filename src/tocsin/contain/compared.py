"""What is compared to see whether containment helps: whose decisions, until when and since when.

Usually all that people got who are hit, whoever decided.  What is about the decisions of one
version is seen in those alone: what that version decided, and what decides instead since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.contain.directive import Action, Directive
from tocsin.contain.overlap import inside, overlap
from tocsin.incident.incident import Incident, State


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose decisions are counted: one version's, and those that are made instead of them."""

    version: str
    directives: tuple[str, ...] = ()
    """Ids of the directives by which they are."""
    back_to: str | None = None
    """The version that makes them after a rollback, in whose rows they then stand.

    Where outcomes are needed all that this version decides in the slice is counted: whole buckets
    do not tell by which directive it came to decide.
    """


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared: before what came in force, and since."""

    directives: Sequence[Directive]
    until: datetime
    """Before this nothing of it was obeyed."""
    since: datetime
    """From here on all of it is, once it is heard."""
    version: str | None = None
    """Whose decisions alone; None: all that people who are hit got."""

    @property
    def before(self) -> Whose | None:
        """Whose decisions are counted until then; None: everybody's."""
        return None if self.version is None else Whose(self.version)

    @property
    def after(self) -> Whose | None:
        """Whose decisions are counted since; None: everybody's."""
        if self.version is None:
            return None
        ids = tuple(one.id for one in self.directives)
        back = [one.to_version for one in self.directives if one.action is Action.ROLLBACK]
        return Whose(self.version, ids, back[-1] if back else None)


def compared(
    incident: Incident, directives: Sequence[Directive], ended: Sequence[Directive] = ()
) -> Compared | None:
    """Return what can be compared; None: nothing yet.

    Args:
        incident: whom it hits, and whether it is contained.
        directives: its own that change what people get and have not ended, oldest first.
        ended: its own that did: while they held is no time before.
    """
    touching = [d for d in directives if overlap(d.slice, incident.slice)]
    whole = [d for d in touching if d.of_version is None]
    contained = incident.contained_at if incident.state is State.CONTAINED else None
    if contained is not None and (whole or not touching):
        since = max([contained, *(d.created_at for d in touching)])
        return Compared(touching, contained, since)
    of_one = [d for d in touching if d.of_version is not None and _seen(d)]
    # what holds for some alone would compare the others with themselves
    around = [d for d in of_one if inside(incident.slice, d.slice)]
    if not around:
        return None
    version = around[-1].of_version
    mine = [d for d in of_one if d.of_version == version]
    over = [d for d in ended if d.of_version == version and d.action.verified and _seen(d)]
    first = min(_start(d) for d in (*mine, *over) if overlap(d.slice, incident.slice))
    return Compared(mine, first, max(map(_start, mine)), version)


def _seen(one: Directive) -> bool:
    # whether a moved threshold is obeyed no row tells where the service asks for it
    return one.obeyed_at is not None or one.action is Action.THRESHOLD


def _start(one: Directive) -> datetime:
    return one.obeyed_at or one.created_at

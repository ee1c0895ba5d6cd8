"""Do one thing for every system, or whatever has a name: trouble of one never holds up another."""

from collections.abc import Callable, Iterable, Sequence

from tocsin.jobs.rings import Rings
from tocsin.store import systems


def per_system(rings: Rings, step: Callable[[str], None]) -> None:
    """Call `step` with the name of every system under watch.

    Raises:
        ExceptionGroup: what went wrong, each noted with its system, after all had their turn.
    """
    with rings.database.reading() as conn:
        names = systems.names(conn)
    each(names, step)


def each(names: Iterable[str], step: Callable[[str], None]) -> None:
    """Call `step` with each name, and raise what went wrong after all had their turn."""
    complain(tried(names, step))


def tried(
    names: Iterable[str], step: Callable[[str], None], noun: str = "system"
) -> list[Exception]:
    """Call `step` with each name, and return what went wrong, each noted with `noun` and name."""
    troubles: list[Exception] = []
    for name in names:
        try:
            step(name)
        except Exception as trouble:  # noqa: BLE001 - whatever it is, the next system has its turn
            trouble.add_note(f"{noun} {name}")
            troubles.append(trouble)
    return troubles


def complain(troubles: Sequence[Exception], what: str = "some systems could not be served") -> None:
    """Raise what went wrong as one group, if anything did."""
    if troubles:
        raise ExceptionGroup(what, troubles)

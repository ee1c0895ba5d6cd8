"""What a person may answer in a system's place, and when two answers are the same.

binary       yes (`columns.positive`) or no
multiclass   one of the classes that the reference tells apart, or any other by name
regression   a finite number
ranking      nothing: a list is not judged by one word
"""

import math
from collections.abc import Sequence

from tocsin.base.errors import BadInput
from tocsin.base.phrases import listing
from tocsin.ingest.system import Kind, System, canonical, named

_LONGEST = 200


def choices(system: System, classes: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the answers that are offered, yes before no; empty where one is written freely.

    Args:
        system: its kind and its word for yes.
        classes: those that its reference tells apart.

    >>> choices(System(name="loans"))
    ('true', 'false')
    """
    match system.kind:
        case Kind.BINARY:
            yes = system.columns.positive
            return yes, "false" if yes == "true" else f"not {yes}"
        case Kind.MULTICLASS:
            return tuple(classes)
        case _:
            return ()


def read(system: System, text: str) -> str:
    """Return an answer in canonical form, as outcomes are stored.

    Raises:
        BadInput: it is no answer of such a system.

    >>> read(System(name="loans"), " Yes "), read(System(name="eta", kind=Kind.REGRESSION), "3.0")
    ('true', '3')
    """
    where = "answer"
    if system.kind is Kind.RANKING:
        what = "a ranking answers with a list, which people cannot give here"
        raise BadInput(what, where=where, do="judge it in the service itself")
    if system.kind is Kind.REGRESSION:
        return _number(text)
    answer = canonical(text) if system.kind is Kind.BINARY else named(text)
    if not answer or len(answer) > _LONGEST:
        raise BadInput("there is no answer", where=where, do="give one")
    if system.kind is Kind.BINARY and answer not in choices(system):
        do = f"answer {listing(choices(system)).replace(' and ', ' or ')}"
        raise BadInput(f"{answer!r} is no answer of {system.name}", where=where, do=do)
    return answer


def same(system: System, one: str, other: str) -> bool:
    """Return whether two answers are one; of a yes or no every word that is not yes is a no.

    >>> same(System(name="loans"), "false", "denied")
    True
    """
    if system.kind is Kind.BINARY:
        yes = system.columns.positive
        return (one == yes) == (other == yes)
    return one == other


def _number(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadInput(f"{text[:80]!r} is no number", where="answer", do="write it like 12.5")
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)

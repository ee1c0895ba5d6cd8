"""Ids: sortable by time, unguessable enough to name, never to authorise.

<prefix>_<10 characters of milliseconds><8 characters of randomness>      Crockford base 32
"""

from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 40


def make_id(prefix: str, at: datetime, entropy: int) -> str:
    """Return an id for something born at `at`.

    Args:
        prefix: what it names, e.g. `inc`.
        at: aware instant; ids of later instants sort later.
        entropy: any integer >= 0; its low 40 bits are used.  Callers pass `secrets.randbits(40)`.

    >>> make_id("inc", datetime.fromisoformat("2026-11-20T14:05:00+00:00"), 7)
    'inc_01m7wmcpq000000007'
    """
    milliseconds = int(at.timestamp() * 1000)
    return f"{prefix}_{_base32(milliseconds, 10)}{_base32(entropy % (1 << _RANDOM_BITS), 8)}"


def _base32(number: int, width: int) -> str:
    digits: list[str] = []
    for _ in range(width):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))

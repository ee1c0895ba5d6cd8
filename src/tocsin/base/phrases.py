"""Numbers as people read them; one rule for pages, mails, reviews and checks."""

from collections.abc import Sequence


def percent(share: float, digits: int = 1) -> str:
    """Return a share (0-1) as a percentage.

    >>> percent(0.7123), percent(float("nan"))
    ('71.2 %', '–')
    """
    return "–" if share != share else f"{share * 100:.{digits}f} %"  # noqa: PLR0124 - NaN test


def number(value: float) -> str:
    """Return `value` with at most three significant decimals and thin groups of thousands.

    >>> number(12345.0), number(0.01234), number(3.0)
    ('12,345', '0.0123', '3')
    """
    if value != value:  # noqa: PLR0124 - NaN test
        return "–"
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def count(n: int, noun: str, plural: str = "") -> str:
    """Return `n` and its noun in the right number.

    >>> count(1, "decision"), count(1284, "decision")
    ('1 decision', '1,284 decisions')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def listing(words: Sequence[str]) -> str:
    """Return words as prose.

    >>> listing(["a"]), listing(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)

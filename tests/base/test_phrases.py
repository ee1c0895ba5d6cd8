"""Numbers as people read them."""

import pytest

from tocsin.base.phrases import count, listing, number, percent


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (percent(0.5), "50.0 %"),
        (percent(0.12345, 2), "12.35 %"),
        (number(1234.5), "1,234"),
        (number(0.5), "0.5"),
        (number(float("nan")), "–"),
        (count(2, "person", "people"), "2 people"),
        (listing([]), ""),
        (listing(["a", "b"]), "a and b"),
    ],
)
def test_it_reads_well(said: str, expected: str) -> None:
    assert said == expected

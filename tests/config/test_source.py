"""Lines of keys."""

import pytest

from tocsin.config.source import Source


@pytest.mark.parametrize(
    ("path", "line"),
    [((), 1), (("a",), 1), (("b", "c"), 3), (("b", "c", 1), 5), (("b", "c", 9), 4), (("zz",), 1)],
)
def test_the_line_of_the_deepest_key_that_exists(path: tuple[object, ...], line: int) -> None:
    assert Source.of("a: 1\nb:\n  c:\n    - x\n    - y\n", "f").line(path) == line

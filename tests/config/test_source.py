"""Lines of keys."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.config.source import Source


@pytest.mark.parametrize(
    ("path", "line"),
    [((), 1), (("a",), 1), (("b", "c"), 3), (("b", "c", 1), 5), (("b", "c", 9), 4), (("zz",), 1)],
)
def test_the_line_of_the_deepest_key_that_exists(path: tuple[object, ...], line: int) -> None:
    assert Source.of("a: 1\nb:\n  c:\n    - x\n    - y\n", "f").line(path) == line


@pytest.mark.parametrize(
    ("text", "line", "first"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1),
        ("people:\n  aspen: 1\n  beech: 2\n  aspen: 3\n", 4, 2),
        ("steps:\n  - {after: 5m,\n     after: 6m}\n", 3, 2),
    ],
)
def test_a_key_that_stands_twice_is_refused_as_one_of_them_would_be_lost(
    text: str, line: int, first: int
) -> None:
    with pytest.raises(BadInput, match=f"stands in line {first} already") as caught:
        Source.of(text, "tocsin.yaml")
    assert f"tocsin.yaml:{line}" in str(caught.value)


def test_an_anchor_may_be_used_twice_and_hold_itself() -> None:
    text = "a: &one {x: 1}\nb: *one\nc: {<<: *one, y: 2}\nd: &two [*two]\n"
    assert Source.of(text, "tocsin.yaml").line(["d"]) == 4

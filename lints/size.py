"""A file is one idea: 400 lines at the most."""

from collections.abc import Iterator

from lints.rule import Finding, Source

CODE = "size"
_MOST_LINES = 400


def check(source: Source) -> Iterator[Finding]:
    """Yield files longer than a reader can hold."""
    lines = source.text.count("\n")
    if lines > _MOST_LINES:
        yield 1, f"{lines} lines; split it where the second idea starts"

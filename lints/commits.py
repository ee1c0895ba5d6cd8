"""Only `store/unit.py` commits.

A commit in the middle of a request makes half an incident durable: peers in this field have
hundreds of them, and lose pages between two.
"""

import ast
from collections.abc import Iterator

from lints.rule import Finding, Source

CODE = "commit"


def check(source: Source) -> Iterator[Finding]:
    """Yield calls of `.commit(` or `.begin(` in the product outside the unit of work."""
    if source.path.parts[0] != "src" or source.path.match("src/tocsin/store/unit.py"):
        return
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "commit"
        ):
            yield node.lineno, "commit belongs to store/unit.py; take a unit of work"

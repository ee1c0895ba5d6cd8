"""Names say what a thing is.

`utils`, `helpers`, `manager` and their like say nothing, and grow; bare `model` means five things
in this field (say system, version, table, schema).  `docs/words.md` has the words.
"""

import ast
import re
from collections.abc import Iterator

from lints.rule import Finding, Source

CODE = "name"
_BANNED = re.compile(r"(^|_)(utils?|helpers?|common|misc|manager|data|info)($|_)")


def check(source: Source) -> Iterator[Finding]:
    """Yield files, classes and functions of the product whose names say nothing."""
    if "src" not in source.path.parts:
        return
    if _BANNED.search(source.path.stem.lower()):
        yield 1, f"file name {source.path.stem!r} says nothing; use a word of docs/words.md"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", node.name).lower()
            if name == "model" or name.startswith("base_") or _BANNED.search(name):
                yield node.lineno, f"name {node.name!r} says nothing; use a word of docs/words.md"

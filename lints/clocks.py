"""Rooms and the store never read a clock, and `now` never has a default.

A default `now` is a test that passes today and fails on the night the clocks change.
"""

import ast
from collections.abc import Iterator

from lints.rule import ROOMS, Finding, Source

CODE = "clock"
_CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter", "time_ns"}
_OWNERS = {"datetime", "date", "time"}


def check(source: Source) -> Iterator[Finding]:
    """Yield clock reads in rooms and the store, and defaults for a parameter called `now`."""
    pure = source.room in ROOMS or source.room == "store"
    for node in ast.walk(source.tree):
        if (
            pure
            and isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _CLOCKS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in _OWNERS
        ):
            yield node.lineno, "time is an argument here; let the caller pass `now`"
        if source.path.parts[0] == "src" and isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef
        ):
            arguments = node.args
            positional = [*arguments.posonlyargs, *arguments.args]
            defaulted = positional[len(positional) - len(arguments.defaults) :]
            keyword = [
                a
                for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
                if d is not None
            ]
            for argument in (*defaulted, *keyword):
                if argument.arg == "now":
                    yield argument.lineno, "`now` has no default; the caller knows the time"

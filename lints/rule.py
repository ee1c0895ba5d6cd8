"""What a rule is."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

ROOMS = frozenset(
    [
        "base",
        "ingest",
        "profile",
        "detect",
        "alert",
        "oncall",
        "incident",
        "contain",
        "diagnose",
        "learn",
        "drill",
        "config",
    ]
)


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its path from the root of the repository, its text and its tree."""

    path: PurePosixPath
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The folder under `src/tocsin` that the file is in, or ""."""
        parts = self.path.parts
        return parts[2] if parts[:2] == ("src", "tocsin") and len(parts) > 3 else ""


Finding = tuple[int, str]
"""A line and what is wrong with it."""


class Rule(Protocol):
    """A module with a code and a check; its docstring says why the rule is there."""

    @property
    def CODE(self) -> str:  # noqa: N802 - a module's constant, seen as a read-only attribute
        """The word that names the rule in output and in excuses."""
        ...

    def check(self, source: Source) -> Iterator[Finding]:
        """Yield what breaks the rule."""
        ...

"""Run every rule over every Python file; exit 1 if one is broken."""

import ast
import contextlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from lints import clocks, commits, hosts, names, size
from lints.rule import Finding, Rule, Source

ROOT = Path(__file__).parents[1]
RULES: tuple[Rule, ...] = (clocks, commits, hosts, names, size)


def texts() -> dict[str, str]:
    """Return every text file that git knows or would add, by its path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git of the developer's own PATH
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    found: dict[str, str] = {}
    for name in sorted(filter(None, listed)):
        with contextlib.suppress(UnicodeDecodeError, FileNotFoundError):  # pictures; just deleted
            found[name] = (ROOT / name).read_text(encoding="utf-8")
    return found


def sources(texts: Mapping[str, str]) -> list[Source]:
    """Return the Python files among `texts`, parsed."""
    return [
        Source(PurePosixPath(name), text, ast.parse(text, name))
        for name, text in texts.items()
        if name.endswith(".py")
    ]


def broken(source: Source) -> list[tuple[str, Finding]]:
    """Return what breaks a rule in `source` and is not excused on its line."""
    lines = source.text.splitlines()
    return [
        (rule.CODE, (line, what))
        for rule in RULES
        for line, what in rule.check(source)
        if not lines or f"# lint: {rule.CODE} " not in lines[line - 1]
    ]


def main() -> int:
    """Print each broken rule; return how the process ends."""
    known = texts()
    every = [(str(source.path), found) for source in sources(known) for found in broken(source)]
    every += [
        (name, (hosts.CODE, found))
        for name, text in known.items()
        if not name.endswith(".py")
        for found in hosts.check_text(text)
    ]
    for path, (code, (line, what)) in every:
        print(f"{path}:{line}: {code}: {what}")
    print(f"{len(every)} broken" if every else "project lints hold")
    return 1 if every else 0


if __name__ == "__main__":
    sys.exit(main())

"""Run every rule over every Python file; exit 1 if one is broken."""

import ast
import subprocess
import sys
from pathlib import Path, PurePosixPath

from lints import clocks, commits, hosts, names, size
from lints.rule import Finding, Rule, Source

ROOT = Path(__file__).parents[1]
RULES: tuple[Rule, ...] = (clocks, commits, hosts, names, size)


def sources() -> list[Source]:
    """Return every Python file that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],  # noqa: S607 - git of the developer's own PATH
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    texts = {name: (ROOT / name).read_text() for name in sorted(listed) if (ROOT / name).exists()}
    return [Source(PurePosixPath(n), text, ast.parse(text, n)) for n, text in texts.items()]


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
    every = [(source.path, found) for source in sources() for found in broken(source)]
    for path, (code, (line, what)) in every:
        print(f"{path}:{line}: {code}: {what}")
    print(f"{len(every)} broken" if every else "project lints hold")
    return 1 if every else 0


if __name__ == "__main__":
    sys.exit(main())

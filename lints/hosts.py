"""Nothing committed names a package registry's host or a machine's absolute path.

Locks hold names, versions and hashes; where they come from is the installer's own setting.  Unlike
the other rules this one reads every text file that git knows.
"""

import re
from collections.abc import Iterator

from lints.rule import Finding, Source

CODE = "host"
_REGISTRIES = ("py" + "pi.", "python" + "hosted.", "npm" + "js.")
_PATHS = re.compile(r"(?<![\w.~-])/(home|root|work|Users)/\w")


def check(source: Source) -> Iterator[Finding]:
    """Yield lines that name one."""
    yield from check_text(source.text)


def check_text(text: str) -> Iterator[Finding]:
    """Yield lines of any text that name one."""
    for number, line in enumerate(text.splitlines(), 1):
        if any(name in line.lower() for name in _REGISTRIES):
            yield number, "names a registry's host"
        if _PATHS.search(line):
            yield number, "names a machine's path"

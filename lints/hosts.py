"""Nothing committed names a package registry's host or a machine's absolute path.

Locks hold names, versions and hashes; where they come from is the installer's own setting.
"""

import re
from collections.abc import Iterator

from lints.rule import Finding, Source

CODE = "host"
_HOSTS = re.compile(r"(pypi\.org|pythonhosted\.org|npmjs\.(org|com)|deb\.debian\.org)")
_PATHS = re.compile(r"""["'](/home/|/root/|/work/|/Users/)""")


def check(source: Source) -> Iterator[Finding]:
    """Yield lines that name one."""
    if source.path.match("lints/hosts.py"):
        return
    for number, line in enumerate(source.text.splitlines(), 1):
        if _HOSTS.search(line):
            yield number, "names a registry's host"
        if _PATHS.search(line):
            yield number, "names a machine's path"

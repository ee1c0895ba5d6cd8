"""Which process a worker is, and whether one that is named so has died on this host.

A name is `host-namespace-process number`: containers of one host number their processes each for
itself.  Of other hosts and namespaces nothing can be known: their leases run out.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path

_NAMESPACE = Path("/proc/self/ns/pid")


def here() -> str:
    """Return the name of this process."""
    namespace = 0
    with suppress(OSError):  # not on this operating system
        namespace = _NAMESPACE.stat().st_ino
    return f"{socket.gethostname()}-{namespace}-{os.getpid()}"


def gone(owner: str, mine: str) -> bool:
    """Return whether `owner` was a process of the host of `mine` and is surely no more."""
    host, _, number = owner.rpartition("-")
    if owner == mine or host != mine.rpartition("-")[0] or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # somebody else's, or no such number: not known to be dead
        return False
    return False

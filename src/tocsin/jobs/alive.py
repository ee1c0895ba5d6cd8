"""Which process a worker is, and whether one that is named so has died on this host.

A name is `host-process number`.  Of other hosts nothing can be known: their leases run out.
"""

import os
import socket


def here() -> str:
    """Return the name of this process."""
    return f"{socket.gethostname()}-{os.getpid()}"


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

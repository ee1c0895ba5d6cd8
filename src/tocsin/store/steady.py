"""A clock that nobody can set: how long this machine has been running."""

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Steady:
    """How long a machine has been running, sleep included; all its processes read the same."""

    boot: str
    """Names the start of the machine that it counts from."""
    since: timedelta

    def after(self, earlier: Self) -> timedelta | None:
        """Return the time since an earlier reading; None: not the same run of the same machine."""
        return self.since - earlier.since if self.boot == earlier.boot else None


def steady() -> Steady | None:
    """Read it; None: this system has no such clock (it is Linux's)."""
    try:
        seconds = time.clock_gettime(time.CLOCK_BOOTTIME)
        boot = _BOOT.read_text().strip()
    except (AttributeError, OSError):
        return None
    return Steady(boot, timedelta(seconds=seconds))

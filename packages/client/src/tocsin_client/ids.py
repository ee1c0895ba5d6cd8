"""Ids of decisions: 128 random bits in hex; unguessable enough to name, never to authorise.

`uuid4` costs four times as much, and the shared generator of `random` will not do: a service that
seeds it would give the same ids after every start.
"""

import os
import random

_own = random.Random()  # noqa: S311 - a name, not a secret; seeded by the operating system


def new_id() -> str:
    """Return an id that no other decision has; atomic, from any thread.

    >>> len(new_id())
    32
    """
    return f"{_own.getrandbits(128):032x}"


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_own.seed)  # else a child would repeat its parent's ids

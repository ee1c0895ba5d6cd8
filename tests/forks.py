"""Processes for tests that kill them, forked from one that has loaded what they need.

A run of pytest has one such server for each of its workers, and it loads only what was asked for
before it began: everybody asks for the same, or who comes second loads it in every process anew.
"""

import multiprocessing
from multiprocessing.context import ForkServerContext

LOADED = (
    "tests.soak.child",
    "tests.jobs.acting",
    "tests.jobs.dying",
    "tests.jobs.killed",
    "tests.jobs.tending",
    "tests.jobs.test_erase",
    "tests.compiled",
)
"""Modules."""


def forking() -> ForkServerContext:
    """Return what makes processes by forking them from the server."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(LOADED))
    return context

"""Console: print pages to standard error; the notifier of a first try on a laptop.

Needs: nothing.   Network: none.   It "delivers" whether or not anybody looks: not for production.
"""

import sys
from collections.abc import Mapping

import httpx

from tocsin.integrations.console.notifier import Console
from tocsin.integrations.console.settings import Settings

__all__ = ["Console", "Settings", "build"]


def build(settings: Mapping[str, str], client: httpx.Client) -> Console:  # noqa: ARG001 - the entry point's shape
    """Return the notifier of one channel, printing to standard error.

    Raises:
        BadInput: any setting at all; there is nothing to set.
    """
    return Console(Settings.parse(settings), sys.stderr)

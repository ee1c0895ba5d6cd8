"""The long tail through Apprise: over a hundred services, each by one address of its own.

Needs: the extra `apprise`, and `url`, an Apprise address (its manual lists them).   Network: what
that address says, no redirects.
`{address}` in `url` is filled in with the contact's address, percent-encoded.
Apprise tells only that it failed, not why: every failure is tried again, and a wrong key shows on
the timeline as a page that does not get through.  It drops no repeats.  A call ends after
`timeout_s` whatever the service does; how much of an answer is read is Apprise's affair.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import httpx

from tocsin.base.errors import BadInput
from tocsin.integrations.apprise.settings import Settings

if TYPE_CHECKING:
    from tocsin.integrations.apprise.notifier import Apprise

__all__ = ["Settings", "build"]


def build(settings: Mapping[str, str], client: httpx.Client) -> "Apprise":  # noqa: ARG001 - the entry point's shape
    """Return the notifier of one channel.

    Raises:
        BadInput: Apprise is not installed, or a setting is missing, unknown or wrong.
    """
    read = Settings.parse(settings)
    try:
        from tocsin.integrations.apprise.notifier import Apprise  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if error.name != "apprise":
            raise
        raise BadInput(
            "Apprise is not installed", where="apprise", do="pip install 'tocsin[apprise]'"
        ) from None
    return Apprise(read)

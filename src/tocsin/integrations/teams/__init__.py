"""Microsoft Teams: an Adaptive Card to a workflow's webhook.

Needs: `url`, shown by the workflow "When a Teams webhook request is received".   Network: that URL.
A contact's address, if it is a mail address, is mentioned on the card, so that a phone rings.
Teams drops no repeats: after a crash a card may show twice; both have one `id`.
A workflow accepts with 200 or 202; it does not tell whether the card was posted after that.
"""

from collections.abc import Mapping

import httpx

from tocsin.integrations.teams.notifier import Teams
from tocsin.integrations.teams.settings import Settings

__all__ = ["Settings", "Teams", "build"]


def build(settings: Mapping[str, str], client: httpx.Client) -> Teams:
    """Return the notifier of one channel.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    return Teams(Settings.parse(settings), client)

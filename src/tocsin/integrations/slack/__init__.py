"""Slack: a message with buttons, by an incoming webhook or as an app by `chat.postMessage`.

Needs: `url` of an incoming webhook, or `token` of an app (scope `chat:write`).   Network: that URL,
or https://slack.com/api/chat.postMessage.
A contact's address is, for a webhook, whom the message mentions (a user U..., a group S..., `here`
or `channel`; without one nobody's phone rings); for an app, where it is posted (a channel C... or a
user U...).
Slack drops no repeats: after a crash a message may show twice; both have one `block_id`.
A webhook accepts with the word `ok`, the API with `"ok": true`; anything else is no acceptance.
"""

from collections.abc import Mapping

import httpx

from tocsin.integrations.slack.notifier import Slack
from tocsin.integrations.slack.settings import Settings

__all__ = ["Settings", "Slack", "build"]


def build(settings: Mapping[str, str], client: httpx.Client) -> Slack:
    """Return the notifier of one channel.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    return Slack(Settings.parse(settings), client)

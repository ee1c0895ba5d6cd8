"""LaunchDarkly: a flag of one environment is turned off, and on again.

Needs: `project`, `environment`, `flag`, `token` (an access token that may write this flag), and
`off_when`: the actions under which the flag is off, so that everyone gets its off variation.
Network: the REST API 2 at `url`, no redirects.

The change is a semantic patch, which touches nothing of the flag but whether it is on.
"""

from collections.abc import Mapping

import httpx

from tocsin.integrations.http import Setting
from tocsin.integrations.launchdarkly.actuator import Switch
from tocsin.integrations.launchdarkly.settings import Settings

__all__ = ["Settings", "Switch", "build"]


def build(settings: Mapping[str, Setting], client: httpx.Client) -> Switch:
    """Return the actuator of one flag.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    return Switch(Settings.parse(settings), client)

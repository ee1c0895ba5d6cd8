"""flagd: a flag in a file of flagd's JSON form, which OpenFeature providers and flagd watch.

Needs: `file`, `flag`, and `variants`: which of the flag's variants each action means.
Network: none; the file is replaced in one step, so that no reader ever sees half of it.

Everyone's action becomes the flag's `defaultVariant`, a slice's a condition of its `targeting`,
before the conditions that were there; a canary becomes a `fractional`.
Source: schema v0 of flagd (flags.json, targeting.json).
"""

from collections.abc import Mapping

import httpx

from tocsin.integrations.flagd.actuator import Flag
from tocsin.integrations.flagd.settings import Settings
from tocsin.integrations.http import Setting

__all__ = ["Flag", "Settings", "build"]


def build(settings: Mapping[str, Setting], client: httpx.Client) -> Flag:  # noqa: ARG001 - the port's shape
    """Return the actuator of one flag.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    return Flag(Settings.parse(settings))

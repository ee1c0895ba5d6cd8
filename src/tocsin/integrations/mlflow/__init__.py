"""MLflow: an alias of the model registry moves to another version, and back.

Needs: `url`, `model`; a token or a name and password where the server asks for one.
Network: that server's REST API 2.0, no redirects.

The registry has no conditional write: the alias is read right before it is set, and after.
"""

from collections.abc import Mapping

import httpx

from tocsin.integrations.http import Setting
from tocsin.integrations.mlflow.actuator import Registry
from tocsin.integrations.mlflow.settings import Settings

__all__ = ["Registry", "Settings", "build"]


def build(settings: Mapping[str, Setting], client: httpx.Client) -> Registry:
    """Return the actuator of one alias.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    return Registry(Settings.parse(settings), client)

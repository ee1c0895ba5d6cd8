"""Webhook: one signed JSON POST per page, for whatever the built-in channels do not reach.

Needs: `url`, and `secret` shared with the receiver.   Network: that URL, no redirects.

    Tocsin-Signature: t=<seconds since 1970>,v1=<hex of HMAC-SHA256(secret, t + "." + body)>
    Idempotency-Key:  <the page's key>

The same page has the same bytes, time and key for ever: a receiver drops a repeated key.
Any 2xx is acceptance; 408, 425, 429 and 5xx are retried; everything else is final.

As an actuator it asks for a state and puts one, signed the same way; see `actuator`.
"""

from collections.abc import Mapping

import httpx

from tocsin.integrations.http import Setting
from tocsin.integrations.webhook.actuator import Receiver
from tocsin.integrations.webhook.notifier import Webhook
from tocsin.integrations.webhook.settings import Settings

__all__ = ["Receiver", "Settings", "Webhook", "build", "build_actuator"]


def build(settings: Mapping[str, str], client: httpx.Client) -> Webhook:
    """Return the notifier of one channel.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    return Webhook(Settings.parse(settings), client)


def build_actuator(settings: Mapping[str, Setting], client: httpx.Client) -> Receiver:
    """Return the actuator of one receiver.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    return Receiver(Settings.parse(settings), client)

"""The dead-man heartbeat: a call to an address outside, which raises the alarm when calls stop.

One try, no redirect, five seconds for the whole call.  The address is a secret: it is never logged.
"""

from collections.abc import Callable
from typing import Literal

import httpx

from tocsin.integrations.http import Courier, Request, refusal, secret_parts

LIMIT_S = 5.0
_OF_WHICH_EACH_WAIT_S = LIMIT_S / 3
"""The courier's whole call lasts three of its waits."""


def heartbeat(url: str, method: Literal["GET", "POST"], client: httpx.Client) -> Callable[[], None]:
    """Return what calls `url` once, or raises `DeliveryError` without secrets."""
    courier = Courier(
        client, name="heartbeat", timeout_s=_OF_WHICH_EACH_WAIT_S, secrets=secret_parts(url)
    )

    def send() -> None:
        courier.deliver(Request(url=url, body=b"", headers={}, method=method), refusal)

    return send

"""An automatic responder: plays the people, through the public API alone.

It acts on what a person on call would see: the page, the incident, the plan's sentences.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import httpx

from tocsin.base.errors import TocsinError

T = TypeVar("T")
Json: TypeAlias = Any
"""An answer of the API; the play reads the few keys it knows."""


class Gone(TocsinError):  # noqa: N818 - named for what happened to the play
    """Something that had to happen did not happen in time."""


class Responder:
    """One person on call with an API token of scopes read, respond and approve."""

    def __init__(self, client: httpx.Client) -> None:
        """Use `client`, which knows the server's address and carries the token."""
        self._client = client

    def get(self, path: str) -> Json:
        """Return the JSON at `path`."""
        return self._client.get(path).raise_for_status().json()

    def text(self, path: str) -> str:
        """Return the text at `path`."""
        return self._client.get(path).raise_for_status().text

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Json:
        """Post `body` and return the JSON answer."""
        return self._client.post(path, json=body or {}).raise_for_status().json()

    def wait(self, what: str, look: Callable[[], T | None], *, timeout_s: float) -> T:
        """Return what `look` finds, asking twice a second.

        Raises:
            Gone: `look` found nothing for `timeout_s` seconds.
        """
        until = time.monotonic() + timeout_s
        while True:
            if (found := look()) is not None:
                return found
            if time.monotonic() > until:
                raise Gone(f"{what} did not happen within {timeout_s:.0f} s")
            time.sleep(0.5)

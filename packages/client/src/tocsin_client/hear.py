"""What a service hears from the people to whom its decisions were referred."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast
from urllib.parse import quote

from tocsin_client.parts import Parts, Settings
from tocsin_client.server import Unreachable

log = logging.getLogger("tocsin_client")

ASK_EVERY_S = 1.0
"""How often a waiting service asks."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a person decided; one of a higher `revision` replaces it (a third person overruled)."""

    answer: str
    revision: int
    at: datetime


class Hearer(Protocol):
    """The hearing half of a client; the other half has these two."""

    _parts: Parts
    _settings: Settings

    def answer(self, prediction_id: str, *, wait_s: float = 0.0) -> Judged | None:
        """Return what a person decided; None: nobody has yet, or the server is away.

        It asks the server, so not on the way of a decision; in async code by `asyncio.to_thread`.

        Args:
            prediction_id: of a `Pending`.
            wait_s: how long to go on asking, once a second; 0: once.
        """
        until_s = time.monotonic() + wait_s
        while True:
            found = self._ask(prediction_id)
            left_s = until_s - time.monotonic()
            if found is not None or left_s <= 0:
                return found
            time.sleep(min(ASK_EVERY_S, left_s))

    def _ask(self, prediction_id: str) -> Judged | None:
        path = f"/v1/systems/{quote(self._settings.system, safe='')}/referrals/answer"
        try:
            said = self._parts.server.get(path, {"prediction_id": prediction_id})
        except Unreachable as error:
            log.debug("no answer of a person could be had (%s)", error)
            return None
        return read(said)


def read(said: object) -> Judged | None:
    """Return the answer in what the server said; None where there is none.

    >>> read({"answer": "true", "revision": 1, "at": "2026-11-20T14:05:00Z"}).answer
    'true'
    """
    if not isinstance(said, dict):
        return None
    facts = cast("dict[str, object]", said)
    answer, revision, at = facts.get("answer"), facts.get("revision"), facts.get("at")
    if not isinstance(answer, str) or not isinstance(revision, int) or not isinstance(at, str):
        return None
    try:
        return Judged(answer, revision, datetime.fromisoformat(at))
    except ValueError:
        return None

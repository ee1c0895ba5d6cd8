"""HTTP's answers as ours: accepted, worth another try, or final.  Pure; one table for every vendor.

2xx            accepted (an adapter may ask for more: the vendor's own words of acceptance)
408, 5xx       the server's fault: another try
425, 429       too fast: another try
3xx, 401, 403  configuration: final; a redirect is never followed
other 4xx      rejected: final
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from tocsin.alert.ports import Reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; of the body only the beginning is kept."""

    status: int
    body: bytes = field(default=b"", repr=False)

    @property
    def text(self) -> str:
        """The body as text; bytes that are none are replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def fields(self) -> dict[str, object]:
        """The body as a JSON object; empty if it is none."""
        try:
            value: object = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return cast("dict[str, object]", value) if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an answer is no acceptance, and whether another try can help."""

    words: str
    retryable: bool
    reason: Reason


Judge = Callable[[Answer], Refusal | None]


def refusal(answer: Answer, words: str = "") -> Refusal | None:
    """Return the refusal that the status alone says; None for any 2xx.

    Args:
        answer: what came back.
        words: what the vendor said, if it may be told on.

    >>> refusal(Answer(204)), refusal(Answer(404), "no_service").words
    (None, 'answered 404: no_service')
    """
    if 200 <= answer.status <= 299:
        return None
    retryable, reason = failure(answer.status)
    said = quote(words)
    return Refusal(f"answered {answer.status}" + (f": {said}" if said else ""), retryable, reason)


def broken(answer: Answer, words: str) -> Refusal:
    """Return the refusal of a 2xx that is not the vendor's: a proxy's page, say.  Another try."""
    return Refusal(f"answered {answer.status}, but {words}", True, Reason.SERVER)


def failure(status: int) -> tuple[bool, Reason]:
    """Return (retryable, reason) of an answer that is not 2xx.

    >>> failure(503), failure(404), failure(301)
    ((True, <Reason.SERVER: 'server'>), (False, <Reason.REJECTED: 'rejected'>), \
(False, <Reason.CONFIGURATION: 'configuration'>))
    """
    if status in (425, 429):
        return True, Reason.THROTTLED
    if status == 408 or 500 <= status <= 599:
        return True, Reason.SERVER
    if status in (401, 403) or 300 <= status <= 399:
        return False, Reason.CONFIGURATION
    return False, Reason.REJECTED


def quote(text: object) -> str:
    """Return what a vendor said as one printable line; anything but text is left out.

    It is cut later, when secrets are out: cut before, half of one could stay.

    >>> quote("not so" + chr(10) + "good" + chr(27)), quote(None)
    ('not so good', '')
    """
    if not isinstance(text, str):
        return ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())

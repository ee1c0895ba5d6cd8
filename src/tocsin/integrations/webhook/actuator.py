"""Asks a receiver for what is in force there, and puts what shall be; signed like pages are.

GET   url    ->  200, the state as any JSON value, e.g. {"directives": []}
PUT   url    {"state": ..., "expecting": ..., "key": ...}  ->  any 2xx; 409: not as expected
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import httpx

from tocsin.alert.ports import Reason
from tocsin.contain.directive import Action, Directive, ranked
from tocsin.contain.explain import describe_directive, whom
from tocsin.contain.plan import Step
from tocsin.contain.ports import Value
from tocsin.integrations.http import (
    Answer,
    Courier,
    Refusal,
    Request,
    broken,
    cut,
    header_text,
    json_body,
    refusal,
    secret_parts,
)
from tocsin.integrations.webhook.settings import Settings
from tocsin.integrations.webhook.wire import signature

_ANSWER_MAX_BYTES = 1 << 20
_WORDS_MAX_CHARS = 200
_CONFLICT = 409


class Receiver:
    """An `Actuator`: the directives that a receiver of the operator's carries out."""

    def __init__(
        self, settings: Settings, client: httpx.Client, clock_s: Callable[[], float] = time.time
    ) -> None:
        """Hold the settings of one receiver, the client of the whole process, and a clock."""
        self._settings, self._clock_s = settings, clock_s
        self._courier = Courier(
            client,
            name="webhook",
            timeout_s=settings.timeout_s,
            secrets=(*secret_parts(settings.url), settings.secret),
            answer_max_bytes=_ANSWER_MAX_BYTES,
        )

    @property
    def target(self) -> str:
        """The host, and a fingerprint of the address, which may be a secret."""
        digest = hashlib.sha256(self._settings.url.encode()).hexdigest()[:12]
        return f"webhook at {urlsplit(self._settings.url).hostname} ({digest})"

    def serves(self, action: Action, *, everyone: bool) -> bool:
        """Return whether somebody could carry it out: a notice asks for nothing."""
        del everyone
        return action is not Action.NOTIFY

    @property
    def tells_versions(self) -> bool:
        """Return whether the receiver obeys `of_version`: one that did not would act on all."""
        return self._settings.versions

    def says(self, one: Step | Directive) -> str:
        """Return what it does, as an order."""
        host = urlsplit(self._settings.url).hostname
        return f"tells {host} to carry out {one.action.value} for {whom(one)}"

    def shows(self, value: Value) -> str:
        """Return the receiver's own words for what it does."""
        return f"the receiver has {cut(value, _WORDS_MAX_CHARS)}"

    def read(self) -> Value:
        """Return the state that the receiver tells."""
        answer = self._courier.deliver(self._request("GET", b"", ""), _told)
        return json_body(json.loads(answer.body)).decode()

    def aim(self, base: Value, directives: Sequence[Directive]) -> Value:  # noqa: ARG002 - the port's shape
        """Return the directives as a state, the one that is obeyed first in front."""
        return json_body({"directives": [_form(one) for one in ranked(directives)]}).decode()

    def write(self, value: Value, expecting: Value, key: str) -> None:
        """Put the state."""
        body = {"state": json.loads(value), "expecting": json.loads(expecting), "key": key}
        self._courier.deliver(self._request("PUT", json_body(body), key), _taken)

    def _request(self, method: str, body: bytes, key: str) -> Request:
        at_s = int(self._clock_s())
        headers = {"Tocsin-Signature": signature(body, self._settings.secret, at_s)}
        if body:
            headers["Content-Type"] = "application/json"
            headers["Idempotency-Key"] = header_text(key)
        return Request(self._settings.url, body, headers, method)


def _form(one: Directive) -> dict[str, object]:
    """Return what a receiver needs to know of one directive."""
    return {
        "id": one.id,
        "action": one.action.value,
        "slice": one.slice.as_dict(),
        **({} if one.of_version is None else {"of_version": one.of_version}),
        "to_version": one.to_version,
        "share": one.share,
        "threshold": one.threshold,
        "expires_at": one.expires_at.isoformat(),
        "says": describe_directive(one),
    }


def _told(answer: Answer) -> Refusal | None:
    refused = refusal(answer)
    if refused is None:
        try:
            json.loads(answer.body)
        except (ValueError, RecursionError):
            return broken(answer, "with no JSON")
    return refused


def _taken(answer: Answer) -> Refusal | None:
    if answer.status == _CONFLICT:
        return Refusal("answered 409: its state was changed a moment ago", True, Reason.REJECTED)
    return refusal(answer)

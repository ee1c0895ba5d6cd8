"""Reads and turns one flag through the courier."""

import json
from collections.abc import Sequence
from typing import cast

import httpx

from tocsin.alert.ports import DeliveryError, Reason
from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Step
from tocsin.contain.ports import Value
from tocsin.integrations.http import (
    Answer,
    Courier,
    Refusal,
    Request,
    broken,
    json_body,
    refusal,
)
from tocsin.integrations.launchdarkly.settings import Settings

_API_VERSION = "20240415"
_ANSWER_MAX_BYTES = 4 << 20
_CONFLICT = 409
_PATCH = "application/json; domain-model=launchdarkly.semanticpatch"


class Switch:
    """An `Actuator`: whether one flag is on in one environment."""

    def __init__(self, settings: Settings, client: httpx.Client) -> None:
        """Hold the settings of one flag and the client of the whole process."""
        self._settings = settings
        self._courier = Courier(
            client,
            name="LaunchDarkly",
            timeout_s=settings.timeout_s,
            secrets=[settings.token],
            answer_max_bytes=_ANSWER_MAX_BYTES,
        )

    @property
    def target(self) -> str:
        """The flag, and where."""
        known = self._settings
        return f"flag {known.flag} of {known.project} in {known.environment}"

    def serves(self, action: Action, *, everyone: bool) -> bool:
        """Return whether the flag is off under it: for everyone, a switch knows no slices."""
        return everyone and action in self._settings.off_when

    @property
    def tells_versions(self) -> bool:
        """Return that it cannot: a flag is on or off for all."""
        return False

    def says(self, one: Step | Directive) -> str:  # noqa: ARG002 - the port's shape
        """Return what it does, as an order."""
        return f"turns {self.target} off"

    def shows(self, value: Value) -> str:
        """Return whether the flag is on."""
        return f"{self.target} is {'on' if json.loads(value) else 'off'}"

    def read(self) -> Value:
        """Return whether the flag is on."""
        known = self._settings
        answer = self._courier.deliver(
            self._request("GET", b"", f"?env={known.environment}"), _judge
        )
        environments = cast("dict[str, dict[str, object]]", answer.fields["environments"])
        on = environments.get(known.environment, {}).get("on")
        if not isinstance(on, bool):
            raise DeliveryError(
                f"LaunchDarkly knows no environment {known.environment} of flag {known.flag}",
                retryable=False,
                reason=Reason.CONFIGURATION,
            )
        return json.dumps(on)

    def aim(self, base: Value, directives: Sequence[Directive]) -> Value:  # noqa: ARG002 - the port's shape
        """Return off: that is all that a switch can do."""
        return json.dumps(False)

    def write(self, value: Value, expecting: Value, key: str) -> None:
        """Turn the flag."""
        if self.read() != expecting:
            raise DeliveryError(
                "the flag was turned a moment ago", retryable=True, reason=Reason.REJECTED
            )
        body = {
            "comment": f"Tocsin, {key}",
            "environmentKey": self._settings.environment,
            "instructions": [{"kind": "turnFlagOn" if json.loads(value) else "turnFlagOff"}],
        }
        self._courier.deliver(self._request("PATCH", json_body(body)), _judge)

    def _request(self, method: str, body: bytes, query: str = "") -> Request:
        known = self._settings
        headers = {"Authorization": known.token, "LD-API-Version": _API_VERSION}
        if body:
            headers["Content-Type"] = _PATCH
        url = f"{known.url}/api/v2/flags/{known.project}/{known.flag}{query}"
        return Request(url, body, headers, method)


def _judge(answer: Answer) -> Refusal | None:
    """Return why an answer is no flag; 409 is worth another look."""
    if answer.status == _CONFLICT:
        return Refusal("answered 409: the flag was changed a moment ago", True, Reason.REJECTED)
    refused = refusal(answer, str(answer.fields.get("message", "")))
    if refused is None and not isinstance(answer.fields.get("environments"), dict):
        return broken(answer, "with no flag")
    return refused

"""Reads and patches one object through the courier; what stands in it, its shape knows."""

import json
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from tocsin.alert.ports import DeliveryError, Reason
from tocsin.contain.directive import Action, Directive, ranked
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
from tocsin.integrations.kubernetes.settings import Settings
from tocsin.integrations.kubernetes.shape import CannotSay, Object, Shape, inner

_ANSWER_MAX_BYTES = 4 << 20
_CONFLICT = 409


class Custom:
    """An `Actuator`: one setting of one custom resource."""

    def __init__(self, settings: Settings, shape: Shape, client: httpx.Client) -> None:
        """Hold the settings, what kind of object it is, and a client that trusts the cluster."""
        self._settings, self._shape, self._client = settings, shape, client

    @property
    def target(self) -> str:
        """The object, and in which cluster."""
        return f"{self._shape.target} at {urlsplit(self._settings.url).hostname}"

    def serves(self, action: Action, *, everyone: bool) -> bool:
        """Return whether its shape can: for everyone, a share of traffic knows no slices."""
        return everyone and self._shape.serves(action)

    @property
    def tells_versions(self) -> bool:
        """Return that it cannot: traffic is shared out before any version is asked."""
        return False

    def says(self, one: Step | Directive) -> str:
        """Return what it does, as an order."""
        return self._shape.says(one)

    def shows(self, value: Value) -> str:
        """Return the setting in words."""
        return self._shape.shows(json.loads(value))

    def read(self) -> Value:
        """Return the setting of the object as it is."""
        return self._value(self._get())

    def aim(self, base: Value, directives: Sequence[Directive]) -> Value:
        """Return the setting that carries out the directive that comes first."""
        found = self._get()
        try:
            aimed = self._shape.aim(found, json.loads(base), ranked(directives)[0])
        except CannotSay as why:
            raise _final(str(why)) from None
        return json_body(aimed).decode()

    def write(self, value: Value, expecting: Value, key: str) -> None:  # noqa: ARG002 - the port's shape
        """Patch the object, if nobody has changed it since it was read."""
        found = self._get()
        if self._value(found) != expecting:
            raise DeliveryError(
                "the object was changed a moment ago", retryable=True, reason=Reason.REJECTED
            )
        version = inner(found, "metadata").get("resourceVersion")
        patch = {
            "metadata": {"resourceVersion": version},
            "spec": self._shape.spec(found, json.loads(value)),
        }
        headers = {"Content-Type": "application/merge-patch+json"}
        self._send("PATCH", json_body(patch), headers)

    def _value(self, found: Object) -> Value:
        try:
            return json_body(self._shape.value(found)).decode()
        except CannotSay as why:
            raise _final(str(why)) from None

    def _get(self) -> Object:
        return self._send("GET", b"", {}).fields

    def _send(self, method: str, body: bytes, headers: dict[str, str]) -> Answer:
        token = self._settings.bearer()
        courier = Courier(
            self._client,
            name="the cluster",
            timeout_s=self._settings.timeout_s,
            secrets=[token],
            answer_max_bytes=_ANSWER_MAX_BYTES,
        )
        headers = {**headers, "Authorization": f"Bearer {token}", "Accept": "application/json"}
        url = f"{self._settings.url}{self._shape.path}"
        return courier.deliver(Request(url, body, headers, method), _judge)


def _judge(answer: Answer) -> Refusal | None:
    """Return why an answer is no object of the cluster's; 409 is worth another look."""
    words = str(answer.fields.get("message", ""))
    if answer.status == _CONFLICT:
        return Refusal("answered 409: the object was changed a moment ago", True, Reason.REJECTED)
    refused = refusal(answer, words)
    if refused is None and "metadata" not in answer.fields:
        return broken(answer, "with no object: is the address that of the cluster's API?")
    return refused


def _final(words: str) -> DeliveryError:
    return DeliveryError(words, retryable=False, reason=Reason.REJECTED)

"""Talks to the registry through the courier; what is sent and understood is in `wire`."""

import json
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from tocsin.alert.ports import DeliveryError, Reason
from tocsin.contain.directive import Action, Directive, ranked
from tocsin.contain.plan import Step
from tocsin.contain.ports import Value
from tocsin.integrations.http import Courier
from tocsin.integrations.mlflow import wire
from tocsin.integrations.mlflow.settings import Settings

_ANSWER_MAX_BYTES = 1 << 20


class Registry:
    """An `Actuator`: the version that one alias of a registered model points to."""

    def __init__(self, settings: Settings, client: httpx.Client) -> None:
        """Hold the settings of one alias and the client of the whole process."""
        self._settings = settings
        self._courier = Courier(
            client,
            name="MLflow",
            timeout_s=settings.timeout_s,
            secrets=settings.secrets,
            answer_max_bytes=_ANSWER_MAX_BYTES,
        )

    @property
    def target(self) -> str:
        """The alias, and where."""
        host = urlsplit(self._settings.url).hostname
        return f"alias {self._settings.alias} of {self._settings.model} at {host}"

    def serves(self, action: Action, *, everyone: bool) -> bool:
        """Return whether it is a rollback of everyone: an alias knows no slices."""
        return action is Action.ROLLBACK and everyone

    @property
    def tells_versions(self) -> bool:
        """Return that it cannot: an alias is for whoever loads it."""
        return False

    def says(self, one: Step | Directive) -> str:
        """Return what it does, as an order."""
        tag = self._settings.version_tag
        version = (
            f"the version tagged {tag}={one.to_version}" if tag else f"version {one.to_version}"
        )
        return f"moves the alias {self._settings.alias} of {self._settings.model} to {version}"

    def shows(self, value: Value) -> str:
        """Return where the alias points."""
        version = json.loads(value)
        name = f"alias {self._settings.alias} of {self._settings.model}"
        return f"{name} is version {version}" if version is not None else f"{name} is not set"

    def read(self) -> Value:
        """Return the version that the alias points to, or null."""
        answer = self._courier.deliver(wire.to_read(self._settings), wire.judge)
        return json.dumps(wire.version_of(answer, self._settings.alias))

    def aim(self, base: Value, directives: Sequence[Directive]) -> Value:  # noqa: ARG002 - the port's shape
        """Return the registered version that decides; it is looked up and must be servable."""
        wanted = ranked(directives)[0].to_version or ""
        if not self._settings.version_tag:
            answer = self._courier.deliver(wire.to_version(self._settings, wanted), wire.judge)
            found = [wanted] if wire.usable(answer) else []
        else:
            answer = self._courier.deliver(wire.to_search(self._settings, wanted), wire.judge)
            found = wire.tagged(answer, self._settings.version_tag, wanted)
        if len(found) != 1:
            raise DeliveryError(
                f"{self._settings.model} has {len(found)} registered versions ready to serve as"
                f" {wanted}, instead of one",
                retryable=False,
                reason=Reason.REJECTED,
            )
        return json.dumps(found[0])

    def write(self, value: Value, expecting: Value, key: str) -> None:  # noqa: ARG002 - the port's shape
        """Point the alias to the version of `value`, or take it away."""
        if self.read() != expecting:
            raise DeliveryError(
                "the alias was moved a moment ago", retryable=True, reason=Reason.REJECTED
            )
        self._courier.deliver(wire.to_write(self._settings, json.loads(value)), wire.judge)

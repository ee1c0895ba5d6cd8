"""The MLflow actuator keeps the contract against a registry that checks what it is asked."""

from typing import ClassVar

import pytest
from typing_extensions import override

from tests.contracts.actuator import KEY, HttpActuatorContract, directive
from tests.integrations.http.vendor import Call, Reply
from tests.integrations.mlflow.registry import Registry as Played
from tocsin.alert.ports import DeliveryError
from tocsin.integrations.mlflow import Registry, build


class TestRegistry(HttpActuatorContract):
    secret: ClassVar[str] = "dapi-0123456789abcdef"

    @override
    def begin(self) -> None:
        self.played = Played(self.secret)

    @override
    def build(self, url: str, timeout_s: float) -> Registry:
        settings = {
            "url": url,
            "model": "credit",
            "token": self.secret,
            "timeout_s": str(timeout_s),
        }
        return build(settings, self.client)

    @override
    def answer(self, call: Call) -> Reply:
        return self.played.answer(call)

    @override
    def state(self) -> object:
        return dict(self.played.aliases)

    @override
    def meddle(self) -> None:
        self.played.aliases["champion"] = "9"

    def test_an_alias_that_was_not_set_is_taken_away_again(self) -> None:
        del self.played.aliases["champion"]
        actuator, before, wanted = self.applied()
        assert "is not set" in actuator.shows(before)
        actuator.write(before, expecting=wanted, key=KEY)
        assert self.played.aliases == {"old": "7"}

    def test_a_version_is_found_by_its_tag(self) -> None:
        host = self.vendor.url.removesuffix("/hook")
        settings = {"url": host, "model": "credit", "token": self.secret, "version_tag": "release"}
        actuator = build(settings, self.client)
        assert actuator.aim('"8"', [directive(to_version="2026-7")]) == '"7"'
        assert "tagged release=2026-7" in actuator.says(directive(to_version="2026-7"))
        with pytest.raises(DeliveryError, match="0 registered versions ready to serve as it's"):
            actuator.aim('"8"', [directive(to_version="it's")])
        self.played.versions["9"]["release"] = "2026-7"
        with pytest.raises(DeliveryError, match="has 2 registered versions") as caught:
            actuator.aim('"8"', [directive(to_version="2026-7")])
        assert not caught.value.retryable

    def test_a_version_that_is_not_there_or_not_ready_is_refused(self) -> None:
        actuator = self.actuator()
        with pytest.raises(DeliveryError, match="answered 404: RESOURCE_DOES_NOT_EXIST") as caught:
            actuator.aim('"8"', [directive(to_version="12")])
        assert not caught.value.retryable
        self.played.status["7"] = "PENDING_REGISTRATION"
        with pytest.raises(DeliveryError, match="has 0 registered versions"):
            actuator.aim('"8"', [directive()])

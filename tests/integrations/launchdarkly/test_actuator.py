"""The LaunchDarkly switch keeps the contract against an API that checks what it is asked."""

import json
from typing import ClassVar

import pytest
from typing_extensions import override

from tests.contracts.actuator import HttpActuatorContract, directive
from tests.integrations.http.vendor import Call, Reply
from tocsin.alert.ports import DeliveryError
from tocsin.contain.directive import Action
from tocsin.integrations.launchdarkly import Switch, build

_PATCH = "application/json; domain-model=launchdarkly.semanticpatch"


class TestSwitch(HttpActuatorContract):
    secret: ClassVar[str] = "api-0123456789abcdef"
    does = directive(Action.BLOCK)

    @override
    def begin(self) -> None:
        self.flag = {"production": {"on": True}, "test": {"on": True}}
        self.between = ""

    @override
    def build(self, url: str, timeout_s: float) -> Switch:
        return build(
            {
                "url": url,
                "project": "lending",
                "environment": "production",
                "flag": "model",
                "token": self.secret,
                "off_when": ("block", "kill"),
                "timeout_s": str(timeout_s),
            },
            self.client,
        )

    @override
    def answer(self, call: Call) -> Reply:
        path, _, query = call.path.partition("?")
        if call.headers.get("Authorization") != self.secret:
            return Reply(401, b'{"message": "Invalid key"}')
        if path != "/api/v2/flags/lending/model":
            return Reply(404, b'{"message": "Unknown flag"}')
        assert call.headers["LD-API-Version"]
        if call.method == "PATCH":
            if call.headers["Content-Type"] != _PATCH:
                return Reply(400, b'{"message": "no semantic patch"}')
            body = json.loads(call.body)
            assert set(body) == {"comment", "environmentKey", "instructions"}
            (instruction,) = body["instructions"]
            if instruction["kind"] not in ("turnFlagOn", "turnFlagOff"):
                return Reply(400, b'{"message": "unknown instruction"}')
            self.flag[body["environmentKey"]]["on"] = instruction["kind"] == "turnFlagOn"
            return self._said(self.flag)
        name = query.removeprefix("env=")
        return self._said({name: self.flag[name]} if name in self.flag else {})

    def _said(self, environments: object) -> Reply:
        return Reply(200, json.dumps({"key": "model", "environments": environments}).encode())

    @override
    def state(self) -> object:
        return json.loads(json.dumps(self.flag))

    @override
    def meddle(self) -> None:
        """A switch has two positions: what a person does is what we would."""
        self.flag["production"]["on"] = True

    @override
    def test_what_a_person_changed_meanwhile_is_not_overwritten(self) -> None:
        actuator, before, wanted = self.applied()
        self.meddle()
        with pytest.raises(DeliveryError, match="turned a moment ago") as caught:
            actuator.write(before, expecting=wanted, key="act_2")
        assert caught.value.retryable  # the duty looks again, and finds it as it was before
        assert actuator.read() == before

    def test_an_environment_that_is_not_there_is_final(self) -> None:
        del self.flag["production"]
        with pytest.raises(DeliveryError, match="knows no environment production") as caught:
            self.actuator().read()
        assert not caught.value.retryable

    def test_another_environment_stays_as_it_is(self) -> None:
        self.applied()
        assert self.flag == {"production": {"on": False}, "test": {"on": True}}

    def test_only_what_was_said_turns_it_off_and_only_for_everyone(self) -> None:
        actuator = self.actuator()
        assert not actuator.serves(Action.FALLBACK, everyone=True)
        assert not actuator.serves(Action.BLOCK, everyone=False)

    def test_a_conflict_is_worth_another_look(self) -> None:
        actuator = self.actuator()
        self.replies(lambda _: Reply(409))
        with pytest.raises(DeliveryError, match="answered 409") as caught:
            actuator.read()
        assert caught.value.retryable

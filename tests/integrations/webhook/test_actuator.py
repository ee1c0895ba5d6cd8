"""The webhook actuator keeps the contract against a receiver that checks its signatures."""

import json
from dataclasses import replace
from typing import ClassVar

import pytest
from typing_extensions import override

from tests.contracts.actuator import HttpActuatorContract, directive
from tests.integrations.http.vendor import Call, Reply
from tocsin.base.slices import Slice
from tocsin.contain.directive import Action
from tocsin.integrations.webhook import Receiver, Settings, wire


class TestReceiver(HttpActuatorContract):
    secret: ClassVar[str] = "a secret of sixteen characters"
    does = directive(Action.REVIEW, slice=Slice.of({"region": "north"}))
    at_s = 1_795_000_000

    @override
    def begin(self) -> None:
        self.value: object = {"directives": []}
        self.keys: list[str] = []

    @override
    def build(self, url: str, timeout_s: float) -> Receiver:
        settings = Settings(url=f"{url}/{self.secret}", secret=self.secret, timeout_s=timeout_s)
        return Receiver(settings, self.client, lambda: self.at_s)

    @override
    def answer(self, call: Call) -> Reply:
        expected = wire.signature(call.body, self.secret, self.at_s)
        if call.headers.get("Tocsin-Signature") != expected:
            return Reply(403)
        if call.method == "GET":
            return Reply(200, json.dumps(self.value, indent=1).encode())
        body = json.loads(call.body)
        assert set(body) == {"state", "expecting", "key"}
        assert call.headers["Idempotency-Key"] == body["key"]
        if body["expecting"] != self.value:
            return Reply(409)
        self.value = body["state"]
        self.keys.append(body["key"])
        return Reply(204)

    @override
    def state(self) -> object:
        return self.value

    @override
    def meddle(self) -> None:
        self.value = {"directives": [], "by": "hand"}

    def test_the_receiver_gets_every_directive_the_first_to_obey_in_front(self) -> None:
        everyone = directive(Action.FALLBACK, id="dir_0")
        aimed = json.loads(self.actuator().aim("{}", [everyone, self.does]))
        assert [one["action"] for one in aimed["directives"]] == ["review", "fallback"]
        assert aimed["directives"][0]["slice"] == {"region": "north"}
        assert aimed["directives"][0]["says"] == "region=north goes to human review"
        assert "of_version" not in aimed["directives"][0]

    def test_only_a_receiver_that_knows_versions_is_asked_about_one(self) -> None:
        of_v2 = replace(self.does, of_version="v2")
        settings = Settings(url="https://hooks.example.org", secret=self.secret, versions=True)
        assert not self.actuator().tells_versions
        knows = Receiver(settings, self.client)
        assert knows.tells_versions
        assert "review for region=north where version v2 would decide" in knows.says(of_v2)
        (told,) = json.loads(knows.aim("{}", [of_v2]))["directives"]
        assert told["of_version"] == "v2"

    @pytest.mark.parametrize("value", [[], 0, "text", None])
    def test_any_json_can_be_put_back(self, value: object) -> None:
        self.value = value
        self.test_reverting_restores_exactly_what_was_there()
        assert self.value == value

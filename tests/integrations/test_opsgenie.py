"""Opsgenie's adapter keeps the notifier contract against a server that checks its schema."""

import json
from dataclasses import replace
from typing import ClassVar

import httpx
import pytest
from typing_extensions import override

from tests.contracts.http import HttpNotifierContract
from tests.contracts.notifier import NOTICE
from tests.integrations.http.schema import faults
from tests.integrations.http.vendor import Call, Reply
from tests.integrations.opsgenie.schema import ACTION, ALERT, ALERT_MAX_BYTES, DETAILS_MAX_CHARS
from tocsin.alert.ports import DeliveryError, Follower, Turn
from tocsin.base.errors import BadInput
from tocsin.integrations.opsgenie import Opsgenie, Settings, build


class TestOpsgenie(HttpNotifierContract):
    secret: ClassVar[str] = "eb243592-faa2-4ba2-a551-1afdf565c889"

    @override
    def build(self, url: str, timeout_s: float) -> Opsgenie:
        settings = Settings(api_key=self.secret, url=url, timeout_s=timeout_s)
        return Opsgenie(settings, self.client)

    @override
    def accepts(self, call: Call) -> Reply:
        if call.headers["Authorization"] != f"GenieKey {self.secret}":
            return Reply(401, b'{"message":"Key format is not valid!","took":0.0}')
        wrong = faults(call.body, ALERT, ALERT_MAX_BYTES)
        details = json.loads(call.body)["details"]
        if sum(len(name) + len(value) for name, value in details.items()) > DETAILS_MAX_CHARS:
            wrong.append("details are too long")
        if wrong:
            return Reply(422, json.dumps({"message": str(wrong), "took": 0.0}).encode())
        said = {"result": "Request will be processed", "took": 0.302, "requestId": "43a29c5c-3dbf"}
        return Reply(202, json.dumps(said).encode())

    @override
    def keys(self) -> list[str]:
        return [json.loads(body)["alias"] for body in self.received()]

    def test_its_complaint_is_told_on(self) -> None:
        notifier = self.notifier(None)
        self.reply = lambda _: Reply(403, b'{"message":"You are not authorized.","took":0.0}')
        with pytest.raises(DeliveryError, match="opsgenie answered 403: You are not authorized"):
            notifier.send(NOTICE)

    def test_the_contact_answers(self) -> None:
        self.notifier(None).send(replace(NOTICE, address="schedule:lending on call"))
        (body,) = self.received()
        said = [{"type": "schedule", "name": "lending on call"}]
        assert json.loads(body)["responders"] == said

    @pytest.mark.parametrize(
        ("turn", "action"), [(Turn.ACKNOWLEDGED, "acknowledge"), (Turn.RESOLVED, "close")]
    )
    def test_what_became_of_the_incident_is_told_there(self, turn: Turn, action: str) -> None:
        notifier = self.build(self.vendor.url, 5)
        receipt = notifier.send(NOTICE)
        self.reply = lambda call: Reply(400 if faults(call.body, ACTION, 2000) else 202)
        notifier.follow(receipt, turn, "azalea")
        call = self.vendor.calls[-1]
        assert call.path == f"/hook/{NOTICE.incident}/{action}?identifierType=alias"
        assert call.headers["Authorization"] == f"GenieKey {self.secret}"
        assert json.loads(call.body)["note"] == f"{turn} in Tocsin by azalea"
        assert isinstance(notifier, Follower)
        self.reply = lambda _: Reply(503)
        with pytest.raises(DeliveryError) as caught:
            notifier.follow(receipt, turn, "azalea")
        assert caught.value.retryable


def test_it_is_built_from_texts_and_says_what_is_wrong_with_them() -> None:
    with httpx.Client() as client:
        assert isinstance(build({"api_key": "k"}, client), Opsgenie)
        with pytest.raises(BadInput, match="opsgenie: api_key is missing"):
            build({}, client)

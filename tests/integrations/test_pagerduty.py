"""PagerDuty's adapter keeps the notifier contract against a server that checks its schema."""

import json
from typing import ClassVar

import httpx
import pytest
from typing_extensions import override

from tests.contracts.http import HttpNotifierContract
from tests.contracts.notifier import NOTICE
from tests.integrations.http.schema import faults
from tests.integrations.http.vendor import Call, Reply
from tests.integrations.pagerduty.schema import EVENT, EVENT_MAX_BYTES, TURN
from tocsin.alert.ports import DeliveryError, Follower, Reason, Turn
from tocsin.base.errors import BadInput
from tocsin.integrations.pagerduty import Pagerduty, Settings, build


class TestPagerduty(HttpNotifierContract):
    secret: ClassVar[str] = "0123456789abcdef0123456789abcdef"

    @override
    def build(self, url: str, timeout_s: float) -> Pagerduty:
        settings = Settings(routing_key=self.secret, url=url, timeout_s=timeout_s)
        return Pagerduty(settings, self.client)

    @override
    def accepts(self, call: Call) -> Reply:
        wrong = faults(call.body, EVENT, EVENT_MAX_BYTES)
        if wrong or call.headers["Content-Type"] != "application/json":
            said = {
                "status": "invalid event",
                "message": "Event object is invalid",
                "errors": wrong,
            }
            return Reply(400, json.dumps(said).encode())
        key = json.loads(call.body)["dedup_key"]
        said = {"status": "success", "message": "Event processed", "dedup_key": key}
        return Reply(202, json.dumps(said).encode())

    @override
    def keys(self) -> list[str]:
        return [json.loads(body)["dedup_key"] for body in self.received()]

    def test_an_event_it_will_never_take_is_final_and_told_in_its_words(self) -> None:
        notifier = self.notifier(None)
        said = (
            b'{"status":"invalid event","message":"Event object is invalid","errors":["no source"]}'
        )
        self.reply = lambda _: Reply(400, said)
        with pytest.raises(DeliveryError, match="pagerduty answered 400: no source") as caught:
            notifier.send(NOTICE)
        assert (caught.value.retryable, caught.value.reason) == (False, Reason.REJECTED)

    @pytest.mark.parametrize(
        ("turn", "action"), [(Turn.ACKNOWLEDGED, "acknowledge"), (Turn.RESOLVED, "resolve")]
    )
    def test_what_became_of_the_incident_is_told_there(self, turn: Turn, action: str) -> None:
        notifier = self.build(self.vendor.url, 5)
        receipt = notifier.send(NOTICE)
        self.reply = lambda call: Reply(400 if faults(call.body, TURN, EVENT_MAX_BYTES) else 202)
        notifier.follow(receipt, turn, "azalea")
        triggered, told = (json.loads(body) for body in self.received())
        assert told == {
            "routing_key": self.secret,
            "event_action": action,
            "dedup_key": triggered["dedup_key"],
        }
        assert isinstance(notifier, Follower)
        self.reply = lambda _: Reply(429)
        with pytest.raises(DeliveryError) as caught:
            notifier.follow(receipt, turn, "azalea")
        assert caught.value.retryable


def test_it_is_built_from_texts_and_says_what_is_wrong_with_them() -> None:
    with httpx.Client() as client:
        assert isinstance(build({"routing_key": "k" * 32}, client), Pagerduty)
        with pytest.raises(BadInput, match="pagerduty: routing_key is missing"):
            build({}, client)


def test_the_secret_of_its_webhooks_is_a_setting_that_only_the_server_reads() -> None:
    key = TestPagerduty.secret
    assert Settings.parse({"routing_key": key, "webhook_secret": "x"}) == Settings(routing_key=key)

"""The adapter for Teams keeps the notifier contract against a server that checks its schema."""

import json
from typing import ClassVar

import httpx
import pytest
from typing_extensions import override

from tests.contracts.http import HttpNotifierContract
from tests.contracts.notifier import NOTICE
from tests.integrations.http.schema import faults
from tests.integrations.http.vendor import Call, Reply
from tests.integrations.teams.schema import CARD_MAX_BYTES, MESSAGE
from tocsin.alert.ports import DeliveryError
from tocsin.base.errors import BadInput
from tocsin.integrations.teams import Settings, Teams, build


class TestTeams(HttpNotifierContract):
    secret: ClassVar[str] = "sIgNaTuRe-of-the-address"

    @override
    def build(self, url: str, timeout_s: float) -> Teams:
        address = (
            f"{url}/workflows/abc/triggers/manual/paths/invoke?api-version=1&sig={self.secret}"
        )
        return Teams(Settings(url=address, timeout_s=timeout_s), self.client)

    @override
    def accepts(self, call: Call) -> Reply:
        wrong = faults(call.body, MESSAGE, CARD_MAX_BYTES)
        if wrong:
            said = {"error": {"code": "TriggerInputSchemaMismatch", "message": str(wrong)}}
            return Reply(400, json.dumps(said).encode())
        return Reply(202)

    @override
    def keys(self) -> list[str]:
        cards = [json.loads(body)["attachments"][0]["content"] for body in self.received()]
        return [card["body"][0]["id"] for card in cards]

    def test_its_complaint_is_told_on(self) -> None:
        notifier = self.notifier(None)
        said = {"error": {"code": "WorkflowTriggerIsNotEnabled", "message": "It is not enabled."}}
        self.reply = lambda _: Reply(400, json.dumps(said).encode())
        with pytest.raises(DeliveryError, match="teams answered 400: It is not enabled"):
            notifier.send(NOTICE)

    def test_a_failure_told_with_status_200_is_a_failure(self) -> None:
        notifier = self.notifier(None)
        said = b"Webhook message delivery failed with error: Microsoft Teams endpoint returned "
        self.reply = lambda _: Reply(200, said + b"HTTP error 429 with ContextId tcid=0")
        with pytest.raises(DeliveryError) as caught:
            notifier.send(NOTICE)
        assert caught.value.retryable


def test_it_is_built_from_texts_and_says_what_is_wrong_with_them() -> None:
    with httpx.Client() as client:
        assert isinstance(build({"url": "https://example.org/workflows/x"}, client), Teams)
        with pytest.raises(BadInput, match="teams: url is missing"):
            build({}, client)

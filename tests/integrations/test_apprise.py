"""Apprise keeps the notifier contract, by its service for any JSON receiver, on a real server."""

import json
import sys
import time
from dataclasses import replace
from typing import ClassVar

import httpx
import pytest
from typing_extensions import override

from tests.contracts.http import LONG
from tests.contracts.notifier import IN_TIME_S, NOTICE, SLOW, Fault, NotifierContract
from tests.integrations.http.vendor import REPLY, Call, Reply, Vendor
from tocsin.alert.ports import DeliveryError, Reason
from tocsin.base.errors import BadInput
from tocsin.integrations.apprise import Settings, build
from tocsin.integrations.apprise.notifier import Apprise


class TestApprise(NotifierContract):
    secret: ClassVar[str] = "hush-password"
    unknown: ClassVar[dict[Fault, str]] = dict.fromkeys(
        (Fault.REFUSES, Fault.FORBIDS), "Apprise tells only that it failed, so it is tried again"
    )

    def setup_method(self) -> None:
        self.reply: Reply | Fault = Reply()
        self.vendor = Vendor(self._answer)

    def teardown_method(self) -> None:
        self.vendor.close()

    def _answer(self, _call: Call) -> Reply | Fault:
        return self.reply

    @override
    def notifier(self, fault: Fault | None) -> Apprise:
        if fault is not None:
            self.reply = REPLY.get(fault, fault)
        place = self.vendor.url.removeprefix("http://")
        return Apprise(
            Settings(
                url=f"json://azalea:{self.secret}@{place}/{self.secret}?redirect=yes",
                timeout_s=0.3 if fault in SLOW else 8,
            )
        )

    @override
    def received(self) -> list[bytes]:
        return [call.body for call in self.vendor.calls]

    @override
    def keys(self) -> list[str]:
        """The link to acknowledge: a service knows no other sign of one page."""
        messages = [json.loads(body)["message"] for body in self.received()]
        return [message.splitlines()[0] for message in messages]

    @pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 429, 500])
    def test_every_failure_is_tried_again_and_no_redirect_followed(self, status: int) -> None:
        elsewhere = Vendor(self._answer)
        try:
            notifier = self.notifier(None)
            self.reply = Reply(status, headers={"Location": elsewhere.url})
            with pytest.raises(DeliveryError, match="did not take it") as caught:
                notifier.send(NOTICE)
            assert (caught.value.retryable, caught.value.reason) == (True, Reason.SERVER)
            assert elsewhere.seen == []
        finally:
            elsewhere.close()

    @pytest.mark.parametrize("reply", [Fault.HANGS, Reply(200, b"x", endless=True, pause_s=0.05)])
    def test_a_receiver_costs_no_more_than_the_time_limit(self, reply: Reply | Fault) -> None:
        notifier = self.notifier(Fault.HANGS)
        self.reply = reply
        started_s = time.monotonic()
        with pytest.raises(DeliveryError) as caught:
            notifier.send(NOTICE)
        assert time.monotonic() - started_s < IN_TIME_S
        assert caught.value.retryable

    def test_far_too_much_is_cut_and_the_links_stay(self) -> None:
        self.notifier(None).send(LONG)
        (body,) = self.received()
        message = json.loads(body)["message"]
        assert LONG.acknowledge_url in message
        assert len(message) < 4000

    def test_the_contacts_address_is_filled_in(self) -> None:
        place = self.vendor.url.removeprefix("http://")
        notifier = Apprise(Settings(url=f"json://{place}/{{address}}"))
        notifier.send(replace(NOTICE, address="a/b"))
        assert self.vendor.calls[0].path.startswith("/hook/a%2Fb")

    def test_an_address_that_makes_no_sense_there_is_final(self) -> None:
        notifier = Apprise(Settings(url="{address}"))
        with pytest.raises(DeliveryError, match="does not understand") as caught:
            notifier.send(replace(NOTICE, address="pigeon://x"))
        assert not caught.value.retryable


def test_it_is_built_from_texts_and_says_what_is_wrong_with_them() -> None:
    with httpx.Client() as client:
        assert isinstance(build({"url": "json://localhost/x"}, client), Apprise)
        with pytest.raises(BadInput, match="apprise: url is missing"):
            build({}, client)
        with pytest.raises(BadInput, match="apprise: Apprise does not understand url"):
            build({"url": "pigeon://localhost/hush"}, client)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.delitem(sys.modules, "tocsin.integrations.apprise.notifier")
    with (
        httpx.Client() as client,
        pytest.raises(BadInput, match=r"Apprise is not installed; pip install 'tocsin\[apprise\]'"),
    ):
        build({"url": "json://localhost/x"}, client)

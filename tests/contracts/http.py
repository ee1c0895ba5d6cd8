"""What every notifier that speaks HTTP must do besides: the same suite, with a vendor to speak to.

The table of answers is ours for every vendor; what a vendor means otherwise stands in `meant`.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

import httpx
import pytest
from typing_extensions import override

from tests.contracts.notifier import (
    IN_TIME_S,
    NOTICE,
    SLOW,
    Fault,
    NotifierContract,
    log_everything,
    logged,
)
from tests.integrations.http.vendor import REPLY, Call, Reply, Vendor
from tocsin.alert.ports import DeliveryError, Notifier, Reason, Receipt

RETRIED: Mapping[int, tuple[bool, Reason]] = {
    **dict.fromkeys((301, 302, 303, 307, 308, 401, 403), (False, Reason.CONFIGURATION)),
    **dict.fromkeys((400, 402, 404, 405, 409, 410, 413, 415, 422), (False, Reason.REJECTED)),
    **dict.fromkeys((425, 429), (True, Reason.THROTTLED)),
    **dict.fromkeys((408, 500, 502, 503, 504, 529), (True, Reason.SERVER)),
}
"""Status → (whether another try can help, reason)."""

LONG = replace(
    NOTICE,
    subject='\N{SHRUG}&<b>"é\\' * 400,
    text="\N{SHRUG}<!channel> & {address} \x00\x1b[2J\n\n" * 4000 + NOTICE.text,
    facts={f"fact {k}": "é" * 3000 for k in range(40)},
)
"""As much as nobody would send, of signs that need care."""


def attempt(notifier: Notifier) -> tuple[DeliveryError | None, Receipt | None]:
    """Return (error, receipt) of one sending; one of them is None."""
    try:
        return None, notifier.send(NOTICE)
    except DeliveryError as error:
        return error, None


class HttpNotifierContract(NotifierContract):
    """Subclasses say how to build the notifier, how their vendor answers, and what it checks."""

    vendor: Vendor
    client: httpx.Client
    trusts: ClassVar[bool] = False
    """Whether any 2xx is acceptance, because the receiver has no words of its own."""
    meant: ClassVar[Mapping[int, tuple[bool, Reason]]] = {}
    """Answers that this vendor means otherwise than the table."""

    def build(self, url: str, timeout_s: float) -> Notifier:
        """Return a notifier that posts to `url`, with `secret` as its secret."""
        raise NotImplementedError

    def accepts(self, call: Call) -> Reply:
        """Return what the vendor answers to a call; complaints are a 4xx, as its schema says."""
        raise NotImplementedError

    def setup_method(self) -> None:
        self.reply: Callable[[Call], Reply | Fault] = self.accepts
        self.vendor = Vendor(self._answer)
        self.client = httpx.Client()

    def teardown_method(self) -> None:
        self.client.close()
        self.vendor.close()

    @override
    def notifier(self, fault: Fault | None) -> Notifier:
        if fault is not None:
            answer = REPLY.get(fault, fault)
            self.reply = lambda _: answer
        return self.build(self.vendor.url, 0.3 if fault in SLOW else 8)

    def _answer(self, call: Call) -> Reply | Fault:
        return self.reply(call)

    @override
    def received(self) -> list[bytes]:
        return [call.body for call in self.vendor.calls]

    @pytest.mark.parametrize("status", list(RETRIED))
    def test_every_answer_says_whether_another_try_can_help(self, status: int) -> None:
        notifier = self.notifier(None)
        self.reply = lambda _: Reply(status)
        with pytest.raises(DeliveryError, match=f"answered {status}") as caught:
            notifier.send(NOTICE)
        expected = self.meant.get(status, RETRIED[status])
        assert (caught.value.retryable, caught.value.reason) == expected

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_takes_nothing_elsewhere(self, status: int) -> None:
        elsewhere = Vendor(self.accepts)
        try:
            notifier = self.notifier(None)
            self.reply = lambda _: Reply(status, headers={"Location": elsewhere.url})
            with pytest.raises(DeliveryError):
                notifier.send(NOTICE)
            assert elsewhere.seen == []
            assert len(self.vendor.seen) == 1
        finally:
            elsewhere.close()

    @pytest.mark.parametrize("status", [200, 400, 500])
    def test_a_vendor_that_says_our_secrets_back_is_not_quoted_with_them(
        self, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        log_everything(caplog)
        notifier = self.notifier(None)

        def echo(call: Call) -> Reply:
            said = f"{call.path} {call.headers} {call.body.decode()}".encode()
            near = max(0, said.find(self.secret.encode()) - 20)
            words = (
                said[near : near + 400]
                .replace(b'"', b"'")
                .replace(b"\\", b"/")
                .replace(b"\n", b" ")
            )
            quoted = b'{"ok":false,"status":"no","message":"%s","error":"%s","errors":["%s"]}'
            body = quoted % (words, words, words)
            return Reply(status, body, {"Location": call.path, "X-Echo": call.path})

        self.reply = echo
        error, receipt = attempt(notifier)
        assert len(str(error)) < 400
        told = f"{receipt!r} {error} {error!r} {vars(error) if error else None}"
        assert self.secret not in told + logged(caplog)
        assert "\n" not in told

    @pytest.mark.parametrize("status", [200, 202, 500])
    def test_an_answer_without_end_is_not_read_to_its_end(self, status: int) -> None:
        notifier = self.notifier(None)
        self.reply = lambda _: Reply(status, b"x" * 65_536, endless=True)
        self.hurries(notifier)
        assert self.vendor.told_bytes < 100_000_000

    def test_a_body_that_drips_costs_no_more_than_the_time_limit(self) -> None:
        notifier = self.build(self.vendor.url, 0.3)
        self.reply = lambda _: Reply(500, b"x", endless=True, pause_s=0.05)
        self.hurries(notifier)

    def test_a_receiver_that_hangs_costs_no_more_than_the_time_limit(self) -> None:
        self.client.timeout = httpx.Timeout(60)
        self.hurries(self.notifier(Fault.HANGS))

    def test_a_page_of_somebody_else_is_no_acceptance(self) -> None:
        notifier = self.notifier(None)
        self.reply = lambda _: Reply(200, b"<html>Please log in</html>")
        if self.trusts:
            notifier.send(NOTICE)
            return
        with pytest.raises(DeliveryError) as caught:
            notifier.send(NOTICE)
        assert caught.value.retryable
        assert caught.value.reason == Reason.SERVER

    def test_far_too_much_is_cut_to_what_the_vendor_takes(self) -> None:
        self.notifier(None).send(LONG)
        assert len(self.received()) == 1

    def hurries(self, notifier: Notifier) -> None:
        """Send, well or not, and check that it did not take long."""
        started_s = time.monotonic()
        error, _ = attempt(notifier)
        assert error is None or error.retryable
        assert time.monotonic() - started_s < IN_TIME_S

"""What every notifier must do.  An adapter's test file subclasses this and plays its receiver."""

import logging
import time
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar

import pytest

from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError, Follower, Notifier, Receipt

NOTICE = Notice(
    key="inc_1/0/0/lending/mail",
    address="lending@example.org",
    subject="[SEV1] INC-42 approvals fell for employer=government",
    text="approvals fell\n\nI have it (acknowledge): http://tocsin/acknowledge/page_1?s=abc\n"
    "Look at it: http://tocsin/incidents/42\n",
    severity="SEV1",
    incident="inc_1",
    incident_url="http://tocsin/incidents/42",
    acknowledge_url="http://tocsin/acknowledge/page_1?s=abc",
    at=datetime(2026, 11, 20, 14, 5, tzinfo=UTC),
    facts={"incident": "INC-42"},
)

OTHER = replace(
    NOTICE,
    key="inc_2/0/0/lending/mail",
    incident="inc_2",
    incident_url="http://tocsin/incidents/43",
    acknowledge_url="http://tocsin/acknowledge/page_2?s=def",
    text=NOTICE.text.replace("page_1?s=abc", "page_2?s=def").replace("/42", "/43"),
)
"""Another page, of another incident, in the same words."""


UPDATE = replace(
    NOTICE,
    key="upd_1/board/board/mail",
    text="approvals fell\n\nLook at it: http://tocsin/incidents/42\n",
    acknowledge_url="",
)
"""What only tells, and asks nothing of anybody."""


IN_TIME_S = 12
"""What no limit of these tests comes near, on however busy a machine; what hangs takes a minute."""


class Fault(StrEnum):
    """How a receiver can fail, in the trade's words, not in one protocol's."""

    BROKEN = "broken"
    BUSY = "busy"
    REFUSES = "refuses"
    FORBIDS = "forbids"
    DROPS = "drops"
    HANGS = "hangs"
    DRIPS = "drips"
    """One sign now and then, without end: no single wait is long."""


SLOW = (Fault.HANGS, Fault.DRIPS)

RETRYABLE = {
    Fault.BROKEN: True,
    Fault.BUSY: True,
    Fault.REFUSES: False,
    Fault.FORBIDS: False,
    Fault.DROPS: True,
    Fault.HANGS: True,
    Fault.DRIPS: True,
}


class NotifierContract:
    """Shared checks.  `unknown` names the faults a receiver of this kind cannot have, and why."""

    secret: ClassVar[str]
    unknown: ClassVar[dict[Fault, str]] = {}

    def notifier(self, fault: Fault | None) -> Notifier:
        """Return a notifier, patient for a fraction of a second, whose receiver has this fault."""
        raise NotImplementedError

    def received(self) -> list[bytes]:
        """Return everything the receiver took, in order."""
        raise NotImplementedError

    def keys(self) -> list[str]:
        """Return by what a receiver can tell a repeat of each message it took."""
        raise NotImplementedError

    def test_a_receiver_can_drop_a_repeat_and_nothing_else(self) -> None:
        notifier = self.notifier(None)
        for notice in (NOTICE, NOTICE, OTHER):
            notifier.send(notice)
        first, again, other = self.keys()
        assert first == again
        assert first != other
        assert first

    def test_sending_twice_sends_the_same_bytes(self) -> None:
        receipts = [self.notifier(None).send(NOTICE) for _ in range(2)]
        first, second = self.received()
        assert first == second
        assert receipts[0] == receipts[1]
        assert isinstance(receipts[0], Receipt)

    def test_the_receiver_gets_the_words_and_both_links(self) -> None:
        self.notifier(None).send(NOTICE)
        (one,) = self.received()
        for words in (b"approvals fell", b"INC-42", b"/acknowledge/page_1?s", b"/incidents/42"):
            assert words in one

    def test_what_only_tells_asks_for_no_acknowledgement(self) -> None:
        notifier = self.notifier(None)
        if isinstance(notifier, Follower):
            pytest.skip("opens an incident there; nothing that only tells is sent to it")
        notifier.send(UPDATE)
        (one,) = self.received()
        assert b"approvals fell" in one
        assert b"/incidents/42" in one
        assert b"I have it" not in one

    @pytest.mark.parametrize("fault", list(Fault))
    def test_a_fault_ends_in_time_says_whether_another_try_can_help_and_holds_no_secret(
        self, fault: Fault, caplog: pytest.LogCaptureFixture
    ) -> None:
        if fault in self.unknown:
            pytest.skip(self.unknown[fault])
        log_everything(caplog)
        notifier = self.notifier(fault)
        started_s = time.monotonic()
        with pytest.raises(DeliveryError) as caught:
            notifier.send(NOTICE)
        assert time.monotonic() - started_s < 4
        assert caught.value.retryable == RETRYABLE[fault]
        told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert self.secret not in told
        assert self.secret not in repr(notifier)
        assert self.secret not in logged(caplog)
        assert self.received() == []

    def test_nothing_secret_is_logged_when_all_is_well(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        log_everything(caplog)
        self.notifier(None).send(NOTICE)
        logging.getLogger("httpx").info("somebody else still logs")
        assert self.secret not in logged(caplog)
        assert "somebody else still logs" in logged(caplog)


_TALKATIVE = ("httpx", "httpcore", "httpcore.connection", "httpcore.http11", "urllib3", "apprise")


def log_everything(caplog: pytest.LogCaptureFixture) -> None:
    """Let every logger beneath a notifier say all it can."""
    for name in (None, *_TALKATIVE):
        caplog.set_level(logging.DEBUG, name)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Return everything that was logged."""
    return "\n".join(record.getMessage() for record in caplog.records)

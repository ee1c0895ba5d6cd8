"""E-mail keeps the notifier contract against a real SMTP server."""

from email import message_from_bytes
from typing import ClassVar

import httpx
import pytest
from typing_extensions import override

from tests.contracts.notifier import NOTICE, SLOW, Fault, NotifierContract
from tests.integrations.smtp.server import Server
from tocsin.base.errors import BadInput
from tocsin.integrations.smtp import Settings, Smtp, build
from tocsin.integrations.smtp.settings import Security


class TestSmtp(NotifierContract):
    secret: ClassVar[str] = "a password nobody may see"

    def setup_method(self) -> None:
        self.server = Server()

    def teardown_method(self) -> None:
        self.server.close()

    @override
    def notifier(self, fault: Fault | None) -> Smtp:
        self.server.fault = fault
        return Smtp(
            Settings(
                host="127.0.0.1",
                port=self.server.port,
                sender="tocsin@example.org",
                security=Security.NONE,
                password=self.secret,
                timeout_s=0.3 if fault in SLOW else 60,
            )
        )

    @override
    def received(self) -> list[bytes]:
        return self.server.messages

    @override
    def keys(self) -> list[str]:
        mails = [message_from_bytes(mail) for mail in self.server.messages]
        return [str(mail["Message-ID"]) for mail in mails]

    def test_it_goes_to_the_address_on_the_notice(self) -> None:
        self.notifier(None).send(NOTICE)
        assert self.server.recipients == ["lending@example.org"]


def test_it_is_built_from_texts_and_says_what_is_wrong_with_them() -> None:
    with httpx.Client() as client:
        good = {"host": "mail.example.org", "from": "tocsin@example.org"}
        assert isinstance(build(good, client), Smtp)
        with pytest.raises(BadInput, match="smtp: host is missing"):
            build({"from": good["from"]}, client)

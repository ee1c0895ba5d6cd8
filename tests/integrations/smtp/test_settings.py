"""What an operator may get wrong."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.smtp.settings import Security, Settings

GOOD = {"host": "mail.example.org", "from": "tocsin@example.org"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hots": "x"}, "unknown setting 'hots'"),
        ({"host": ""}, "host is missing"),
        ({"from": "nobody"}, "is no mail address"),
        ({"from": "a@example.org\nBcc: b@example.org"}, "is no mail address"),
        ({"security": "some"}, "security 'some' is unknown"),
        ({"username": "x"}, "username and password go together"),
        ({"username": "x", "password": "y", "security": "none"}, "in the clear"),
        ({"port": "smtp"}, "port 'smtp' is no positive number"),
        ({"timeout_s": "-1"}, "timeout_s '-1' is no positive number"),
        ({"timeout_s": "60"}, "timeout_s is longer than 25 s"),
    ],
)
def test_it_is_refused_with_what_to_do(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        Settings.parse({**GOOD, **change})
    assert caught.value.do


@pytest.mark.parametrize(("security", "port"), [("none", 25), ("starttls", 587), ("tls", 465)])
def test_the_port_follows_the_security_unless_it_is_said(security: str, port: int) -> None:
    assert Settings.parse({**GOOD, "security": security}).port == port
    assert Settings.parse({**GOOD, "security": security, "port": "2525"}).port == 2525


def test_encryption_is_the_default_and_the_password_is_never_shown() -> None:
    settings = Settings.parse({**GOOD, "username": "u", "password": "hush"})
    assert settings.security == Security.STARTTLS
    assert "hush" not in repr(settings)

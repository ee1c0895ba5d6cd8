"""Who sends letters: the channel that the page names, and webhooks if they are allowed."""

from contextlib import ExitStack
from dataclasses import replace

from tests.incident.public import KNOWN
from tocsin.alert.ports import Notifier
from tocsin.incident.board import Site
from tocsin.incident.statuspage import StatusPage
from tocsin.incident.subscriber import Way
from tocsin.integrations.console import build as console
from tocsin.integrations.smtp import Settings, Smtp
from tocsin.integrations.subscriber import Hook, mailers

PAGE = StatusPage(site=Site(title="Acme"), components=KNOWN, mail="letters", webhooks=True)
SMTP = Smtp(Settings.parse({"host": "mail.example.org", "from": "status@example.org"}))


def test_every_way_that_is_declared_has_its_mailer() -> None:
    with ExitStack() as stack:
        found = mailers(PAGE, {"letters": SMTP}, stack.enter_context)
        assert found[Way.MAIL] is SMTP
        assert isinstance(found[Way.WEBHOOK], Hook)


def test_what_is_not_declared_or_sends_no_letters_sends_none() -> None:
    with ExitStack() as stack:
        bare = replace(PAGE, mail=None, webhooks=False)
        assert mailers(bare, {"letters": SMTP}, stack.enter_context) == {}
        other: dict[str, Notifier] = {"letters": _no_mailer()}
        assert Way.MAIL not in mailers(PAGE, other, stack.enter_context)


def _no_mailer() -> Notifier:
    import httpx  # noqa: PLC0415 - only the console's builder asks for a client

    with httpx.Client() as client:
        return console({}, client)

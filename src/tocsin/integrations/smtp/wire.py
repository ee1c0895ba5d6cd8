"""A notice as an Internet message, and SMTP's answers as ours.  Pure."""

import hashlib
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from tocsin.alert.message import without_links
from tocsin.alert.notice import Notice
from tocsin.alert.ports import Reason

_DIGITS = 32


def to_mail(notice: Notice, sender: str) -> bytes:
    """Return the message's bytes; equal notices give equal bytes.

    Raises:
        ValueError: the notice's address holds a line break or is no address.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = notice.address
    mail["Subject"] = " ".join(notice.subject.split())
    mail["Date"] = format_datetime(notice.at)
    mail["Message-ID"] = message_id(notice.key, sender)
    # one thread for one incident in every mail reader
    mail["References"] = message_id(notice.incident, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Priority"] = "1" if notice.acknowledge_url else "3"
    mail.set_content(notice.text)
    mail.add_alternative(to_html(notice), subtype="html")
    # the library draws a random boundary; a retry must send the same bytes
    mail.set_boundary(f"=_{_digest(notice.key)}")
    return mail.as_bytes()


def to_html(notice: Notice) -> str:
    """Return the message as HTML: the text, with its links as links.  Everything is escaped."""
    take = escape(notice.acknowledge_url)
    taking = f'<p><a href="{take}"><b>I have it (acknowledge)</b></a></p>' if take else ""
    paragraphs = "".join(f"<p>{_lines(block)}</p>" for block in _blocks(notice))
    return (
        '<!doctype html><html><body style="font-family: sans-serif; max-width: 40em">'
        f"{paragraphs}{taking}"
        f'<p><a href="{escape(notice.incident_url)}">Look at it</a></p>'
        "</body></html>"
    )


def message_id(key: str, sender: str) -> str:
    """Return a Message-ID that is the same for the same key and sender."""
    return f"<{_digest(key)}@{sender.rpartition('@')[2]}>"


def failure(code: int) -> tuple[bool, Reason]:
    """Return (retryable, reason) of an SMTP answer.

    >>> failure(451), failure(550), failure(535)
    ((True, <Reason.SERVER: 'server'>), (False, <Reason.REJECTED: 'rejected'>), \
(False, <Reason.CONFIGURATION: 'configuration'>))
    """
    if code in (421, 450, 452):  # too busy, mailbox busy, out of space
        return True, Reason.THROTTLED
    if 400 <= code <= 499:
        return True, Reason.SERVER
    if code in (530, 534, 535, 538):  # authentication, RFC 4954
        return False, Reason.CONFIGURATION
    return False, Reason.REJECTED


def _blocks(notice: Notice) -> list[str]:
    return [block for block in without_links(notice).split("\n\n") if block.strip()]


def _lines(block: str) -> str:
    return "<br>".join(escape(line) for line in block.strip().splitlines())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]

"""A letter to a subscriber as an Internet message.  Pure.

Every letter but the first says in its headers how to leave (RFC 2369), with one press and without a
question (RFC 8058).  It is no page: nothing marks it as urgent.
"""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tocsin.incident.letter import Letter
from tocsin.integrations.smtp.wire import message_id

_LONG_LINES = SMTP.clone(max_line_length=998)
"""A link in a header must stay whole: folded, the library would encode it beyond recognition."""
_ONE_CLICK = "List-Unsubscribe=One-Click"


def to_mail(letter: Letter, sender: str) -> bytes:
    """Return the message's bytes; equal letters give equal bytes.

    Raises:
        ValueError: the letter's address holds a line break or is no address.
    """
    mail = EmailMessage(policy=_LONG_LINES)
    mail["From"] = sender
    mail["To"] = letter.address
    mail["Subject"] = " ".join(letter.subject.split())
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = message_id(letter.key, sender)
    if letter.thread:
        mail["References"] = message_id(letter.thread, sender)
    mail["Auto-Submitted"] = "auto-generated"
    if letter.leave_url:
        mail["List-Unsubscribe"] = f"<{letter.leave_url}>"
        mail["List-Unsubscribe-Post"] = _ONE_CLICK
    mail.set_content(letter.text)
    return mail.as_bytes()

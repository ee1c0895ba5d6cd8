"""E-mail by SMTP (RFC 5321): plain text with an HTML alternative, STARTTLS and login optional.

Needs: `host` and `from`; usually `username` and `password` as well.   Network: that host and port.
The same page has the same Message-ID for ever, so that a mailbox shows a rare duplicate once.
Answers 4xx are retried, 5xx are final (RFC 5321, 4.2.1); a refused login is a configuration fault.
"""

from collections.abc import Mapping

import httpx

from tocsin.integrations.smtp.notifier import Smtp
from tocsin.integrations.smtp.settings import Settings

__all__ = ["Settings", "Smtp", "build"]


def build(settings: Mapping[str, str], client: httpx.Client) -> Smtp:  # noqa: ARG001 - the entry point's shape
    """Return the notifier of one channel.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    return Smtp(Settings.parse(settings))

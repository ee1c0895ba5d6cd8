"""A notice as a signed request.  Pure: every rule tested by value."""

import hmac

from tocsin.alert.notice import Notice
from tocsin.integrations.http import Request, header_text, json_body


def to_request(notice: Notice, url: str, secret: str) -> Request:
    """Return the request for `notice`; equal notices give equal bytes."""
    body = json_body(
        {
            "acknowledge_url": notice.acknowledge_url,
            "address": notice.address,
            "at": notice.at.isoformat(),
            "facts": dict(notice.facts),
            "incident": notice.incident,
            "incident_url": notice.incident_url,
            "key": notice.key,
            "severity": notice.severity,
            "subject": notice.subject,
            "text": notice.text,
        }
    )
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": header_text(notice.key),
        "Tocsin-Signature": signature(body, secret, int(notice.at.timestamp())),
    }
    return Request(url, body, headers)


def signature(body: bytes, secret: str, at_s: int) -> str:
    """Return the signature header of `body` at `at_s` seconds since 1970.

    >>> signature(b"{}", "0123456789abcdef", 0)[:14]
    't=0,v1=67f763b'
    """
    signed = f"{at_s}.".encode() + body
    return f"t={at_s},v1={hmac.digest(secret.encode(), signed, 'sha256').hex()}"

"""A notice as a signed request, and HTTP's answers as ours.  Pure: every rule tested by value."""

import hmac
import json
from dataclasses import dataclass

from tocsin.alert.notice import Notice
from tocsin.alert.ports import Reason


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted."""

    body: bytes
    headers: dict[str, str]


def to_request(notice: Notice, secret: str) -> Request:
    """Return the request for `notice`; equal notices give equal bytes."""
    body = json.dumps(
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
        },
        ensure_ascii=True,
        sort_keys=True,
        separators=(",", ":"),
    ).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": header_text(notice.key),
        "Tocsin-Signature": signature(body, secret, int(notice.at.timestamp())),
    }
    return Request(body, headers)


def signature(body: bytes, secret: str, at_s: int) -> str:
    """Return the signature header of `body` at `at_s` seconds since 1970.

    >>> signature(b"{}", "0123456789abcdef", 0)[:14]
    't=0,v1=67f763b'
    """
    signed = f"{at_s}.".encode() + body
    return f"t={at_s},v1={hmac.digest(secret.encode(), signed, 'sha256').hex()}"


def header_text(text: str) -> str:
    r"""Return `text` as one header value; what a header cannot carry is backslash-escaped.

    >>> header_text("inc_1/0/0/équipe/mail")
    'inc_1/0/0/\\xe9quipe/mail'
    """
    escaped = text.encode("ascii", "backslashreplace").decode()
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in escaped)


def failure(status: int) -> tuple[bool, Reason]:
    """Return (retryable, reason) of an answer that is not 2xx.

    >>> failure(503), failure(404), failure(301)
    ((True, <Reason.SERVER: 'server'>), (False, <Reason.REJECTED: 'rejected'>), \
(False, <Reason.CONFIGURATION: 'configuration'>))
    """
    if status in (425, 429):
        return True, Reason.THROTTLED
    if status == 408 or 500 <= status <= 599:
        return True, Reason.SERVER
    if status in (401, 403) or 300 <= status <= 399:
        return False, Reason.CONFIGURATION
    return False, Reason.REJECTED

"""Acknowledgement links: whoever holds the page may say "I have it", and nobody else can guess one.

    signature = first 32 hex digits of HMAC-SHA256(secret, "acknowledge:" + page id)

The link opens a page with a button; only pressing it acknowledges, because mail scanners follow
links.  The purpose stands in the signed text, so that the secret can sign other things as well.
"""

import hmac
from urllib.parse import quote

_DIGITS = 32


def sign(secret: bytes, page_id: str) -> str:
    """Return the signature of a page's acknowledgement link, 32 hex digits (128 bits).

    >>> sign(b"0123456789abcdef", "page_1")
    '560cd4524f626f2ddad58e49a92f68c8'
    """
    return hmac.digest(secret, f"acknowledge:{page_id}".encode(), "sha256").hex()[:_DIGITS]


def sign_test(secret: bytes, test_id: str) -> str:
    """Return the signature of a test page's link; it acknowledges that test and nothing else.

    >>> sign_test(b"0123456789abcdef", "page_1") == sign(b"0123456789abcdef", "page_1")
    False
    """
    return hmac.digest(secret, f"reached:{test_id}".encode(), "sha256").hex()[:_DIGITS]


def check(secret: bytes, page_id: str, signature: str) -> bool:
    """Return whether `signature` is `page_id`'s; takes the same time wherever they differ."""
    return hmac.compare_digest(sign(secret, page_id).encode(), signature.encode())


def check_test(secret: bytes, test_id: str, signature: str) -> bool:
    """Return whether `signature` is that test page's; takes the same time wherever they differ."""
    return hmac.compare_digest(sign_test(secret, test_id).encode(), signature.encode())


def acknowledge_url(base_url: str, secret: bytes, page_id: str) -> str:
    """Return the link that a page carries."""
    return f"{base_url.rstrip('/')}/acknowledge/{quote(page_id)}?s={sign(secret, page_id)}"


def reached_url(base_url: str, secret: bytes, test_id: str) -> str:
    """Return the link that a test page carries."""
    return f"{base_url.rstrip('/')}/test-pages/{quote(test_id)}?s={sign_test(secret, test_id)}"

"""Subscribers of the status page: who asked to be told, and what makes an address fit to be told.

    asked ──confirmation link──▶ confirmed ──unsubscribe link──▶ gone (the row is deleted)

Nobody is told anything but the way to confirm until they have confirmed: an address that somebody
else typed hears of us once.  A webhook's address must lie outside: a public form that lets
strangers name addresses inside the house would be a hole in its wall.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urlsplit

from tocsin.base.errors import BadInput

ADDRESS_MAX_CHARS = 254
CONFIRM_WITHIN = timedelta(days=2)
"""Whoever has not confirmed by then is forgotten."""
APART = timedelta(hours=1)
"""One address is not written to again sooner because somebody typed it into the form."""
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_DIGITS = 32
Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


class Way(StrEnum):
    """How a subscriber is told."""

    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Who wants to be told; the address stays out of every repr and log."""

    id: str
    way: Way
    address: str = field(repr=False)
    asked_at: datetime
    confirmed_at: datetime | None = None


def address_of(way: Way, text: str, allowed: Sequence[Network] = ()) -> str:
    """Return the address that `text` names, as it is kept.

    Raises:
        BadInput: it is none, or lies inside the house; the address is not repeated.

    >>> address_of(Way.MAIL, " Aspen@Example.org ")
    'Aspen@example.org'
    """
    text = text.strip()
    if way is Way.MAIL:
        if len(text) > ADDRESS_MAX_CHARS or not _MAIL.fullmatch(text):
            what, do = "this is no e-mail address", "write name@example.org"
            raise BadInput(what, where="address", do=do)
        local, _, domain = text.rpartition("@")
        return f"{local}@{domain.lower()}"
    return _webhook(text, allowed)


def inside(address: Address, allowed: Sequence[Network]) -> bool:
    """Return whether `address` is not of the public Internet and not in a network `allowed`.

    >>> inside(ip_address("10.0.0.1"), ()), inside(ip_address("10.0.0.1"), networks(["10.0.0.0/8"]))
    (True, False)
    >>> inside(ip_address("::ffff:127.0.0.1"), ()), inside(ip_address("9.9.9.9"), ())
    (True, False)
    """
    if any(address in network for network in allowed):
        return False
    mapped = address.ipv4_mapped or address.sixtofour if isinstance(address, IPv6Address) else None
    if mapped is not None:
        return inside(mapped, allowed)
    return not address.is_global or address.is_multicast


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks that `texts` name.

    Raises:
        BadInput: one is none.
    """
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError:
        do = "write e.g. 10.0.0.0/8"
        raise BadInput("not a network", where="internal", do=do) from None


def confirm_url(base_url: str, secret: bytes, id_: str) -> str:
    """Return the link that asks for confirmation."""
    return f"{base_url}/status/confirm/{quote(id_)}?s={signature(secret, 'confirm', id_)}"


def leave_url(base_url: str, secret: bytes, id_: str) -> str:
    """Return the link by which a subscriber leaves."""
    return f"{base_url}/status/unsubscribe/{quote(id_)}?s={signature(secret, 'leave', id_)}"


def signature(secret: bytes, purpose: str, id_: str) -> str:
    """Return what stands in a link for `purpose`: 32 hex digits (128 bits) of HMAC-SHA256.

    >>> signature(b"k", "confirm", "sub_1") == signature(b"k", "leave", "sub_1")
    False
    """
    return hmac.digest(secret, f"status.{purpose}:{id_}".encode(), "sha256").hex()[:_DIGITS]


def check(secret: bytes, purpose: str, id_: str, shown: str) -> bool:
    """Return whether `shown` is the signature; takes the same time wherever they differ."""
    return hmac.compare_digest(signature(secret, purpose, id_).encode(), shown.encode())


def hook_secret(secret: bytes, id_: str) -> str:
    """Return the secret with which what is sent to a subscriber's webhook is signed."""
    return hmac.digest(secret, f"status.webhook:{id_}".encode(), "sha256").hex()


def _webhook(text: str, allowed: Sequence[Network]) -> str:
    do = "write https://host/path"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    plain = len(text) <= ADDRESS_MAX_CHARS and text.isascii() and text.isprintable()
    if not plain or " " in text or parts.scheme not in ("https", "http") or not host:
        raise BadInput("this is no web address", where="address", do=do)
    if parts.username is not None or parts.fragment:
        raise BadInput("a name, password or fragment does not belong here", where="address", do=do)
    if parts.scheme == "http" and not allowed:
        raise BadInput("only https is called", where="address", do=do)
    if port not in (None, 443, 8443) and not allowed:
        raise BadInput("only the ports 443 and 8443 are called", where="address", do=do)
    if _names_inside(host, allowed):
        raise BadInput("this address is not reachable from outside", where="address", do=do)
    return text


def _names_inside(host: str, allowed: Sequence[Network]) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        # a name without a dot, or one that ends in digits, is looked up inside or read as a number
        last = host.rstrip(".").rpartition(".")[2]
        local = host == "localhost" or last in ("localhost", "local", "internal", "arpa")
        return (local or "." not in host.rstrip(".") or last[:1].isdigit()) and not allowed
    return inside(address, allowed)

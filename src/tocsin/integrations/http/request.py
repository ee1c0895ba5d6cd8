"""What is sent.  Pure: equal requests are equal bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """One call; nothing of it shows in a repr, for any part may hold a secret."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    method: str = "POST"


def json_body(value: object) -> bytes:
    r"""Return `value` as JSON; equal values give equal bytes.

    >>> json_body({"b": "é", "a": 1})
    b'{"a":1,"b":"\\u00e9"}'
    """
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def header_text(text: str) -> str:
    r"""Return `text` as one header value; what a header cannot carry is backslash-escaped.

    >>> header_text("inc_1/0/0/équipe/mail")
    'inc_1/0/0/\\xe9quipe/mail'
    """
    escaped = text.encode("ascii", "backslashreplace").decode()
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in escaped)


def cut(text: str, limit_chars: int) -> str:
    """Return `text` cut to `limit_chars`, the last an ellipsis if anything was cut.

    Counted in UTF-16 units, the largest count that a vendor may mean by characters.

    >>> cut("drift in checkout", 8), cut("😀😀😀", 4)
    ('drift i…', '😀…')
    """
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * limit_chars:
        return units.decode("utf-16-le")
    return units[: 2 * (limit_chars - 1)].decode("utf-16-le", "ignore") + "…"


def secret_parts(url: str) -> tuple[str, ...]:
    """Return the parts of an address that is a secret: whoever has one of them may have it all.

    >>> secret_parts("https://hooks.example.org/a/token?sig=abc")[1:]
    ('a/token', 'token', 'sig=abc', 'abc')
    """
    parts = urlsplit(url)
    path = parts.path.strip("/")
    values = [pair.partition("=")[2] for pair in parts.query.split("&")]
    found = (url, path, path.rpartition("/")[2], parts.query, *values, parts.password or "")
    return tuple(dict.fromkeys(part for text in found for part in (text, unquote(text)) if part))

"""Calls and replies as they travel, with the headers that belong to one hop left out."""

import zlib
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field, replace

from tocsin.base.errors import BadInput

Headers = list[tuple[bytes, bytes]]

_HOP = {
    b"connection",
    b"keep-alive",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"proxy-connection",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
}
_REQUEST = _HOP | {b"host", b"content-length", b"expect"}
_LENGTH = b"content-length"
_ENCODING, _ACCEPT = b"content-encoding", b"accept-encoding"
_BINARY_LENGTH = b"inference-header-content-length"
_OF_BODY = {
    _LENGTH,
    _BINARY_LENGTH,
    b"content-type",
    b"content-md5",
    b"content-digest",
    b"digest",
    b"repr-digest",
    b"etag",
}
"""Headers that tell of one body and of no other."""
_GZIP_WINDOW = 31


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `path` is decoded, `target` is path and query as they came."""

    method: str
    path: str
    target: str
    headers: Headers
    body: bytes

    def header(self, name: bytes) -> str:
        """Return a header's value; empty where there is none."""
        return next((v.decode("latin-1") for n, v in self.headers if n == name), "")

    def onward(self, *, plain: bool = False, rebuilt: bool = False) -> Headers:
        """Return the headers to pass on.

        Args:
            plain: ask for an answer that is not compressed, so that it can be read.
            rebuilt: the body is not as it came: it is JSON, and not compressed.
        """
        left = _REQUEST | _named(self.headers)
        if plain:
            left |= {_ACCEPT}
        if rebuilt:
            left |= {_ENCODING, _BINARY_LENGTH, b"content-type"}
        kept = [(n, v) for n, v in self.headers if n not in left]
        if plain:
            kept.append((_ACCEPT, b"identity"))
        if rebuilt:
            kept.append((b"content-type", b"application/json"))
        return kept

    def unpacked(self, limit: int) -> bytes:
        """Return the body without its compression.

        Raises:
            BadInput: a compression we do not read, broken, or more than `limit` bytes.
        """
        encoding = self.header(_ENCODING).strip().lower()
        if encoding in ("", "identity"):
            return self.body
        if encoding != "gzip":
            raise BadInput(f"content-encoding {encoding!r} is not read", where="body")
        unzip = zlib.decompressobj(_GZIP_WINDOW)
        try:
            whole = unzip.decompress(self.body, limit + 1)
        except zlib.error:
            raise BadInput("the body is not gzip", where="body") from None
        if len(whole) > limit or not unzip.eof:
            raise BadInput("the unpacked body is too long or cut short", where="body")
        return whole


@dataclass(slots=True)
class Reply:
    """One answer: what is there of its body, and the rest as it comes."""

    status: int
    headers: Headers
    body: bytes = b""
    rest: AsyncGenerator[bytes] | None = None
    own: bool = field(default=False)
    """Whether the gateway wrote it."""


def back(headers: Iterable[tuple[bytes, bytes]], *, length: bool) -> Headers:
    """Return an answer's headers to pass on; `length` keeps how long it is."""
    lower = [(name.lower(), value) for name, value in headers]
    left = _HOP | _named(lower)
    if not length:
        left.add(_LENGTH)
    return [(n, v) for n, v in lower if n not in left]


def reworded(reply: Reply, body: bytes) -> Reply:
    """Return an answer of a server's with another body, plain JSON."""
    left = _named(reply.headers) | _OF_BODY
    headers = [(n, v) for n, v in reply.headers if n not in left]
    headers += [(b"content-type", b"application/json"), (_LENGTH, str(len(body)).encode())]
    return replace(reply, headers=headers, body=body)


def written(status: int, body: bytes, content_type: str, more: Headers | None = None) -> Reply:
    """Return an answer that the gateway wrote."""
    headers = [
        (b"content-type", content_type.encode()),
        (_LENGTH, str(len(body)).encode()),
        *(more or []),
    ]
    return Reply(status, headers, body, own=True)


def _named(headers: Iterable[tuple[bytes, bytes]]) -> set[bytes]:
    """Return what `Connection` names: those headers belong to the hop, too."""
    return {
        name.strip().lower()
        for header, value in headers
        if header == b"connection"
        for name in value.split(b",")
    }

"""Bodies that were packed on their way: a bound on what they become, not on what they are."""

import zlib

from tocsin.base.errors import BadInput

_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def gunzip(body: bytes, limit_bytes: int) -> bytes | None:
    """Return what a gzip body holds; None: it holds more than `limit_bytes`.

    Raises:
        BadInput: it is not gzip, or cut short.

    >>> import gzip
    >>> gunzip(gzip.compress(b"spans"), 5), gunzip(gzip.compress(b"spans"), 4)
    (b'spans', None)
    """
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        unpacked = unpacker.decompress(body, limit_bytes + 1)
    except zlib.error:
        raise BadInput("the body is not gzip", where="body", do="check Content-Encoding") from None
    if len(unpacked) > limit_bytes:
        return None
    if not unpacker.eof:
        raise BadInput("the gzip body is cut short", where="body", do="send it whole")
    return unpacked

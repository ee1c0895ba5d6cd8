"""Bodies that were compressed on their way: a bound on what they become, not on what they are.

A few kilobytes can hold gigabytes of zeros; what goes beyond the bound is never made.
"""

from typing import Any, cast

import pyarrow as pa

from tocsin.base.errors import BadInput

ENCODINGS = ("gzip", "zstd")


def unpack(body: bytes, encoding: str, limit_bytes: int) -> bytes | None:
    """Return the body as it was before it was compressed; None: it becomes more than the limit.

    Args:
        body: the whole body.
        encoding: one of `ENCODINGS`.
        limit_bytes: most bytes that it may become.

    Raises:
        BadInput: it is broken, or cut short.

    >>> packed = pa.compress(b"rows", codec="zstd", asbytes=True)
    >>> unpack(packed, "zstd", 4), unpack(packed, "zstd", 3)
    (b'rows', None)
    """
    parts: list[bytes] = []
    left = limit_bytes + 1
    try:
        with pa.CompressedInputStream(pa.BufferReader(body), cast("Any", encoding)) as stream:
            while left > 0 and (part := stream.read(left)):
                parts.append(part)
                left -= len(part)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(
            f"the body is not readable as {encoding}: {str(error).partition(chr(10))[0][:200]}",
            where="body",
            do="check that it is whole and that Content-Encoding names its compression",
        ) from None
    if not body:
        raise BadInput(f"the {encoding} body is empty", where="body", do="send it whole")
    return b"".join(parts) if left > 0 else None

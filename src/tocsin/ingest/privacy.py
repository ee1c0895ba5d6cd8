"""Personal data in columns: dropped, or hashed with a key, before anything is stored.

    hash(value) = the first 128 bits of HMAC-SHA-256(key, value as text), in hex

A hashed value can be compared and joined with itself and counted as a category; it cannot be read,
nor guessed by whoever lacks the key.  Columns that are dropped have no place in the spec, so rows
that bring them are taken without.
"""

import hmac
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pyarrow as pa

from tocsin.ingest import arrays
from tocsin.ingest.rows import Accepted
from tocsin.ingest.system import System, plain

_PURPOSE = b"tocsin: hashed columns"
_HEX_CHARS = 32


def hashed(value: str, secret: bytes) -> str:
    """Return what stands for `value` in storage.

    Args:
        value: canonical text.
        secret: the installation's own.

    >>> hashed("government", b"a secret") == hashed("government", b"a secret")
    True
    """
    return _stand_in(value, _key(secret))


def guarded(accepted: Accepted, system: System, secret: bytes) -> Accepted:
    """Return accepted rows, in the lake's schema, as they may be stored."""
    names = [f"{kind}_{name}" for name in system.hashed for kind in ("f", "s")]
    if system.hashes_ids:
        names.append("id")
    return replace(accepted, table=_hashed(accepted.table, names, secret))


def guarded_reference(table: pa.Table, system: System, secret: bytes) -> pa.Table:
    """Return a table with the user's own columns as its rows would be stored."""
    names = [name for name in system.hashed if name != system.columns.id]
    return _hashed(table, names, secret)


def stored_ids(ids: Sequence[str], system: System, secret: bytes) -> list[str]:
    """Return under which ids the lake keeps these predictions."""
    return [hashed(name, secret) for name in ids] if system.hashes_ids else list(ids)


def _hashed(table: pa.Table, names: Sequence[str], secret: bytes) -> pa.Table:
    key = _key(secret)

    def stand_in(value: object) -> str | None:
        text = plain(value)
        return None if text is None else _stand_in(text, key)

    for name in names:
        if name in table.column_names:
            place = table.column_names.index(name)
            column = arrays.mapped(arrays.whole(table.column(name)), stand_in)
            field: Any = cast("Any", table.schema.field(name)).with_type(pa.string())
            table = table.set_column(place, field, column)
    return table


def _key(secret: bytes) -> bytes:
    """Return a key for this purpose alone."""
    return hmac.digest(secret, _PURPOSE, "sha256")


def _stand_in(text: str, key: bytes) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()[:_HEX_CHARS]

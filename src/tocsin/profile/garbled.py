r"""Garbled: texts whose encoding broke on the way, told by what it left behind.

    U+FFFD          what a decoder puts where bytes were no text
    mojibake        UTF-8 that was read as Latin-1 or Windows-1252: each of its bytes became a
                    character, so `é` became `Ã©` and `’` became `â€™`

A byte that begins a character becomes one of `Â` to `ô`, those that continue it become controls,
signs or quotation marks.  One such pair may be good text (`CAFÉ…`, `santé »`), so besides the few
beginnings that hardly anything else explains, two sequences side by side are asked for:

    Â Ã + 1         Western European letters and signs, and no-break spaces
    Ä Å + 1         Central European letters, but for what may end a word (quotes, dashes, dots)
    â + 2           quotation marks, dashes, the euro sign; the second a Windows sign or control
    ï»¿ ï¿½         a byte-order mark, and a replacement character that broke once more
    ð + 3           pictographs
    any, twice      Greek, Cyrillic, Chinese and the rest
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.ingest.arrays import Column

Flags = NDArray[np.bool_]


def _of_byte(byte: int) -> str:
    """Return what a byte reads as in Windows-1252, and in Latin-1 where that differs."""
    one = bytes([byte])
    return one.decode("cp1252", "ignore") + (one.decode("latin-1") if byte < 0xA0 else "")


_WINDOWS = "".join(_of_byte(byte) for byte in range(0x80, 0xA0))
_NEXT = _WINDOWS + "".join(_of_byte(byte) for byte in range(0xA0, 0xC0))
_ENDS = "…‘’“”–—™›»\u00a0•†‡"
"""What may well stand behind a word that ends in `Ä` or `Å`."""
_LETTERS = "".join(c for c in _NEXT if c not in _ENDS)
_BROKEN = "|".join(
    (
        "\ufffd",
        f"[ÂÃ][{_NEXT}]",
        f"[ÄÅ][{_LETTERS}]",
        f"â[{_WINDOWS}][{_NEXT}]",
        "ï»¿|ï¿½",
        f"ð[{_NEXT}]{{3}}",
        f"(?:[Â-ß][{_NEXT}]){{2}}",
        f"(?:[à-ï][{_NEXT}]{{2}}){{2}}",
    )
)


def garbled(texts: Column) -> Flags:
    """Return which texts hold the trace of a broken encoding; null never does.

    >>> garbled(pa.array(["café", "cafÃ©", "caf\ufffd", None])).tolist()
    [False, True, True, False]
    """
    held: Any = texts.fill_null("")
    # only what is not plain ASCII is worth a search
    size, chars = (np.asarray(f(held), np.int64) for f in (pc.binary_length, pc.utf8_length))
    odd = np.flatnonzero(size > chars)
    found = np.zeros(len(texts), np.bool_)
    if len(odd):
        some: Any = held.take(pa.array(odd))
        found[odd] = np.asarray(pc.match_substring_regex(some, _BROKEN), np.bool_)
    return found

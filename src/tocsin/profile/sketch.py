"""Distinct values, estimated: HyperLogLog registers, which merge by maximum.

A value's 64-bit hash names one of 256 registers by its upper 8 bits; the register keeps the
longest run of zeros, plus one, that starts the other 56 bits of any hash it saw.

    estimate = 0.7213 / (1 + 1.079 / m) * m^2 / sum over registers of 2^-register      [m = 256]

Relative standard error 1.04 / sqrt(256) = 6.5 %; small counts are estimated by linear counting.
Source: Flajolet, Fusy, Gandouet, Meunier (2007), HyperLogLog, AofA 07, 137-156.
"""

import hashlib
import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

REGISTERS = 256
NOTHING = np.uint64((1 << 64) - 1)
_LONGEST = 57  # 56 zeros, plus one

Hashes = NDArray[np.uint64]
Registers = NDArray[np.uint8]


def hashes(values: NDArray[np.float64]) -> Hashes:
    """Return a 64-bit hash of each number; equal numbers have equal hashes, also 0.0 and -0.0."""
    return mixed((values + 0.0).view(np.uint64))


def mixed(bits: Any) -> Hashes:  # noqa: ANN401 - NumPy's operators on uint64 are not typed
    """Return a 64-bit hash of each 64-bit number, itself changed on the way; equal ones meet."""
    shifted: Any = bits >> np.uint64(32)
    bits ^= shifted
    bits *= np.uint64(0x9E3779B97F4A7C15)
    np.right_shift(bits, np.uint64(29), out=shifted)
    bits ^= shifted
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    return bits


def text_hashes(values: Iterable[str]) -> Hashes:
    """Return a 64-bit hash of each text."""
    return np.array([_of_text(value) for value in values], np.uint64)


@lru_cache(maxsize=1 << 16)
def _of_text(value: str) -> int:
    return int.from_bytes(hashlib.blake2b(value.encode(), digest_size=8).digest(), "big")


def registers(seen: Hashes) -> Registers:
    """Return the registers of these hashes, shape (REGISTERS,)."""
    least = np.full(REGISTERS, NOTHING, np.uint64)
    note(least, seen)
    return from_least(least)


def note(least: Hashes, seen: Hashes) -> None:
    """Lower the smallest rests, shape (REGISTERS,), to those of these hashes."""
    np.minimum.at(least, (seen >> np.uint64(56)).astype(np.intp), seen << np.uint64(8))


def from_least(least: Hashes) -> Registers:
    """Return registers from the smallest rest of the hashes of each, shifted left by 8 bits.

    The smallest has the longest run of zeros.  `NOTHING` stands for no hash: a rest ends in zeros.
    """
    upper, lower = least >> np.uint64(32), least & np.uint64(0xFFFFFFFF)
    # a double holds 32 bits exactly, so its exponent is the number of bits in use
    used = np.where(
        upper > 0,
        np.frexp(upper.astype(np.float64))[1] + 32,
        np.frexp(lower.astype(np.float64))[1],
    )
    runs = np.minimum(65 - used, _LONGEST)
    return np.where(least == NOTHING, 0, runs).astype(np.uint8)


def distinct(seen: Registers) -> float:
    """Return the estimated number of distinct values; off by 6.5 % (one standard error).

    >>> round(distinct(registers(hashes(np.arange(50.0)))))
    48
    """
    empty = int(np.count_nonzero(seen == 0))
    raw = (
        0.7213 / (1 + 1.079 / REGISTERS) * REGISTERS**2 / float(np.exp2(-seen.astype(float)).sum())
    )
    if raw <= 2.5 * REGISTERS and empty:
        return REGISTERS * math.log(REGISTERS / empty)
    return raw

"""Packed bodies are bounded by what they become."""

import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.errors import BadInput
from tocsin.ingest.unpack import gunzip


@given(plain=st.binary(max_size=200))
def test_what_was_packed_comes_back_up_to_the_bound(plain: bytes) -> None:
    packed = gzip.compress(plain)
    assert gunzip(packed, len(plain)) == plain
    assert not plain or gunzip(packed, len(plain) - 1) is None


def test_a_bomb_is_recognised_without_unpacking_it() -> None:
    packed = gzip.compress(bytes(200 << 20), 9)
    tracemalloc.start()
    assert gunzip(packed, 1 << 20) is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_what_is_no_gzip_or_cut_short_is_refused() -> None:
    for body in (b"", b"plain", gzip.compress(b"spans")[:-3]):
        with pytest.raises(BadInput):
            gunzip(body, 100)

"""Packed bodies are bounded by what they become."""

import gzip

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.errors import BadInput
from tocsin.ingest.unpack import ENCODINGS, unpack


def packed(body: bytes, encoding: str) -> bytes:
    return gzip.compress(body) if encoding == "gzip" else pa.compress(body, "zstd", asbytes=True)


@given(plain=st.binary(max_size=200), encoding=st.sampled_from(ENCODINGS))
def test_what_was_packed_comes_back_up_to_the_bound(plain: bytes, encoding: str) -> None:
    body = packed(plain, encoding)
    assert unpack(body, encoding, len(plain)) == plain
    assert not plain or unpack(body, encoding, len(plain) - 1) is None


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_bomb_is_recognised_without_unpacking_it(encoding: str) -> None:
    body, before = packed(bytes(200 << 20), encoding), pa.total_allocated_bytes()
    assert unpack(body, encoding, 1 << 20) is None
    assert pa.total_allocated_bytes() - before < 8 << 20


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_is_broken_or_cut_short_is_refused(encoding: str) -> None:
    whole = packed(b"spans" * 99, encoding)
    for body in (b"", b"plain", whole[:-3], whole[:7], whole + b"more"):
        with pytest.raises(BadInput):
            unpack(body, encoding, 1000)

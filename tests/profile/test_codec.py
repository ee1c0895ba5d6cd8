import struct
import zlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.profile.rows import lake_rows, spec_of, table
from tocsin.base.errors import BadInput
from tocsin.profile.cell import Counts, Sheet, Tally
from tocsin.profile.codec import (
    adder,
    pack,
    pack_tally,
    spec_from_json,
    spec_to_json,
    unpack,
    unpack_sizes,
)
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.merge import total

SPEC = spec_of(table(500, 3))
WIDTH = layout_of(SPEC).width
TALLY = total([*profile(lake_rows(table(500, 3), SPEC), SPEC).values()])
N = layout_of(SPEC).places["n"].start


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=WIDTH, max_size=WIDTH))
def test_a_cell_survives_the_round_trip(numbers: list[int]) -> None:
    counts = np.array(numbers, np.int64)
    assert np.array_equal(unpack(pack(counts), SPEC), counts)


@given(
    st.lists(st.integers(-200, 70_000), min_size=WIDTH, max_size=WIDTH),
    st.dictionaries(st.integers(0, WIDTH - 1), st.integers(-(2**63), 2**63 - 1), max_size=9),
)
def test_a_few_large_numbers_among_small_ones_survive(
    small: list[int], large: dict[int, int]
) -> None:
    counts = np.array(small, np.int64)
    counts[list(large)] = list(large.values())
    assert np.array_equal(unpack(pack(counts), SPEC), counts)
    if small and max(small) < 128 and min(small) >= -128:
        assert len(pack(counts)) < WIDTH + 12 * len(large) + 40


def test_a_packed_cell_is_added_in_place() -> None:
    counts = np.arange(WIDTH)
    held = counts.copy()
    adder(SPEC)(pack(counts * 1000), held)
    assert np.array_equal(held, counts * 1001)


@pytest.mark.parametrize("width", [2, 4, 8])
def test_a_cell_of_an_earlier_release_is_read(width: int) -> None:
    counts = np.arange(WIDTH)
    old = bytes([width]) + zlib.compress(counts.astype(f"<i{width}").tobytes())
    assert np.array_equal(unpack(old, SPEC), counts)


def test_a_flipped_bit_is_noticed() -> None:
    body = pack(np.arange(WIDTH))
    for place in range(len(body)):
        damaged = body[:place] + bytes([body[place] ^ 4]) + body[place + 1 :]
        with pytest.raises(BadInput):
            unpack(damaged, SPEC)


def test_a_cell_of_zeros_takes_little_room() -> None:
    assert len(pack(layout_of(SPEC).zero())) < 40


@pytest.mark.parametrize(
    "body", [b"", b"\x01", b"\x09" + pack(layout_of(SPEC).zero())[1:], b"\x01zz"]
)
def test_a_damaged_cell_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput, match="damaged"):
        unpack(body, SPEC)


def test_a_number_beyond_the_cell_is_refused() -> None:
    body = bytearray(pack(np.array([1] * (WIDTH - 1) + [2**40])))
    wide = np.zeros(WIDTH, "<i1").tobytes() + struct.pack("<Iq", WIDTH, 2**40)
    body[9:] = pa.compress(wide, "lz4_raw", asbytes=True)
    with pytest.raises(BadInput, match="damaged"):
        unpack(bytes(body) + struct.pack("<I", zlib.crc32(body)), SPEC)


def test_a_cell_of_another_spec_is_refused() -> None:
    with pytest.raises(BadInput, match="another spec"):
        unpack(pack(np.zeros(WIDTH + 1, np.int64)), SPEC)


def test_a_spec_survives_the_round_trip_to_the_last_digit() -> None:
    assert spec_from_json(spec_to_json(SPEC)) == SPEC


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 3}', "null"])
def test_what_is_not_a_spec_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="not a profile spec"):
        spec_from_json(text)


@pytest.mark.parametrize("times", [1, 1000])  # large numbers rest beside the small ones
def test_the_rows_of_each_leaf_are_read_without_the_rest(times: int) -> None:
    outcomes = Sheet(TALLY.outcomes.codes, TALLY.outcomes.counts * times)
    codes, n = unpack_sizes(pack_tally(Tally(TALLY.features, outcomes, TALLY.marks)), SPEC)
    assert codes.tolist() == outcomes.codes.tolist()
    assert n.tolist() == outcomes.counts[:, N].tolist()
    assert n.sum() == 500 * times


@pytest.mark.parametrize("part", [TALLY.outcomes.codes, TALLY.outcomes.counts.ravel()])
def test_rows_of_leaves_are_not_read_from_a_damaged_tally(part: Counts) -> None:
    body = pack_tally(TALLY)
    place = body.index(pack(part)) + len(pack(part)) // 2
    bent = body[:place] + bytes([body[place] ^ 4]) + body[place + 1 :]
    for broken in (bent, body[:place]):
        with pytest.raises(BadInput, match="damaged tally"):
            unpack_sizes(broken, SPEC)

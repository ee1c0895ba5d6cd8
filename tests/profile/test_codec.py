import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.profile.rows import spec_of, table
from tocsin.base.errors import BadInput
from tocsin.profile.codec import pack, spec_from_json, spec_to_json, unpack
from tocsin.profile.layout import layout_of

SPEC = spec_of(table(500, 3))
WIDTH = layout_of(SPEC).width


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=WIDTH, max_size=WIDTH))
def test_a_cell_survives_the_round_trip(numbers: list[int]) -> None:
    counts = np.array(numbers, np.int64)
    assert np.array_equal(unpack(pack(counts), SPEC), counts)


def test_a_cell_of_zeros_takes_little_room() -> None:
    assert len(pack(layout_of(SPEC).zero())) < 40


@pytest.mark.parametrize(
    "body", [b"", b"\x01", b"\x09" + pack(layout_of(SPEC).zero())[1:], b"\x01zz"]
)
def test_a_damaged_cell_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput, match="damaged"):
        unpack(body, SPEC)


def test_a_cell_of_another_spec_is_refused() -> None:
    with pytest.raises(BadInput, match="another spec"):
        unpack(pack(np.zeros(WIDTH + 1, np.int64)), SPEC)


def test_a_spec_survives_the_round_trip_to_the_last_digit() -> None:
    assert spec_from_json(spec_to_json(SPEC)) == SPEC


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 3}', "null"])
def test_what_is_not_a_spec_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="not a profile spec"):
        spec_from_json(text)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tocsin.profile.sketch import (
    NOTHING,
    REGISTERS,
    Hashes,
    distinct,
    from_least,
    hashes,
    note,
    registers,
    text_hashes,
)

Floats = NDArray[np.float64]
STANDARD_ERROR = 1.04 / REGISTERS**0.5
seen = st.lists(st.integers(0, 2**64 - 1), max_size=300).map(lambda bits: np.array(bits, np.uint64))


def by_hand(hashed: Hashes) -> NDArray[np.uint8]:
    """Return registers as the paper has them, bit by bit."""
    longest = np.zeros(REGISTERS, np.uint8)
    for bits in hashed.tolist():
        register, rest = bits >> 56, bits & ((1 << 56) - 1)
        longest[register] = max(longest[register], 56 - rest.bit_length() + 1)
    return longest


@given(seen)
def test_a_register_keeps_the_longest_run_of_zeros(hashed: Hashes) -> None:
    assert np.array_equal(registers(hashed), by_hand(hashed))


@pytest.mark.parametrize("zeros", range(57))
def test_every_run_of_zeros_is_told_exactly(zeros: int) -> None:
    rests = [1 << (55 - zeros), (1 << (56 - zeros)) - 1] if zeros < 56 else [0]
    for rest in rests:
        assert registers(np.array([(3 << 56) + rest], np.uint64))[3] == zeros + 1


@given(seen, seen, st.randoms(use_true_random=False))
def test_registers_merge_by_maximum_whatever_the_order_and_the_split(
    a: Hashes, b: Hashes, random: object
) -> None:
    every = [*a.tolist(), *b.tolist(), *a.tolist()]
    random.shuffle(every)  # pyright: ignore[reportAttributeAccessIssue] - a Random
    merged = np.maximum(registers(a), registers(b))
    assert np.array_equal(registers(np.array(every, np.uint64)), merged)
    least = np.full(REGISTERS, NOTHING, np.uint64)
    note(least, b)
    note(least, a)
    assert np.array_equal(from_least(least), merged)


@pytest.mark.parametrize("n", [10, 100, 700, 3000, 30_000, 1_000_000])
@pytest.mark.parametrize("seed", range(4))
def test_the_estimate_is_within_four_standard_errors(n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    rising: Floats = np.arange(n, dtype=np.float64)
    for values in (random.random(n), rising + 1000 * seed, rising * -0.25):
        assert distinct(registers(hashes(values))) == pytest.approx(n, rel=4 * STANDARD_ERROR)


def test_the_estimate_is_not_biased_and_its_error_is_the_promised_one() -> None:
    random = np.random.default_rng(5)
    for n in (50, 400, 5000):
        off = [distinct(registers(hashes(random.random(n)))) / n - 1 for _ in range(200)]
        assert abs(np.mean(off)) < 4 * STANDARD_ERROR / 200**0.5 + 0.01
        assert np.std(off) < 1.25 * STANDARD_ERROR


@pytest.mark.parametrize("n", [10, 5000])
def test_texts_are_estimated_alike_and_repeats_add_nothing(n: int) -> None:
    texts = [f"customer {k}" for k in range(n)]
    once = registers(text_hashes(texts))
    assert distinct(once) == pytest.approx(n, rel=4 * STANDARD_ERROR)
    assert np.array_equal(registers(text_hashes(texts * 3)), once)


def test_nothing_seen_is_nothing_distinct() -> None:
    none = registers(hashes(np.zeros(0)))
    assert none.tolist() == [0] * REGISTERS
    assert distinct(none) == 0


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_numbers_have_one_hash_just_if_they_are_equal(a: float, b: float) -> None:
    first, second, again = hashes(np.array([a, b, a])).tolist()
    assert (first == second) == (a == b)
    assert first == again
    assert hashes(np.array([0.0])) == hashes(np.array([-0.0]))


def test_hashing_leaves_the_values_as_they_were() -> None:
    values = np.array([-0.0, 1.5])
    hashes(values)
    assert values.tolist() == [0.0, 1.5]
    assert np.signbit(values[0])


def test_hashes_are_the_same_for_ever_since_profiles_rest_on_disk() -> None:
    numbers = hashes(np.array([1.0, -2.5]))
    assert [f"{bits:016x}" for bits in numbers.tolist()] == ["f8f7590c373122d3", "4caabbbb3f61fe25"]
    texts = text_hashes(["", "Zürich"])
    assert [f"{bits:016x}" for bits in texts.tolist()] == ["e4a6a0577479b2b4", "707438faa779d508"]

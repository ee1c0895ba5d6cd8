"""No channel takes more threads than it leaves, and none is shut out while another has more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.alert.bulkhead import Bulkhead

CHANNELS = st.lists(st.sampled_from("abcdef"), max_size=60)


@pytest.mark.parametrize(
    ("threads", "alone"), [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2), (15, 8), (16, 8)]
)
def test_a_channel_takes_half_of_the_threads_rounded_up(threads: int, alone: int) -> None:
    bulkhead = Bulkhead(threads, [])
    assert [bulkhead.admits("mail") for _ in range(threads + 2)].count(True) == alone


def test_what_is_being_sent_counts() -> None:
    bulkhead = Bulkhead(4, ["mail"])
    assert [bulkhead.admits(one) for one in ("mail", "mail", "sms", "sms")] == [
        True,
        False,
        True,
        False,
    ]


@given(threads=st.integers(1, 20), asked=CHANNELS)
def test_a_full_channel_stays_full_and_no_thread_is_given_twice(
    threads: int, asked: list[str]
) -> None:
    bulkhead, given_, full = Bulkhead(threads, []), 0, set[str]()
    for channel in asked:
        admitted = bulkhead.admits(channel)
        assert not (admitted and channel in full)
        given_ += admitted
        if not admitted:
            full.add(channel)
    assert given_ <= threads
    assert all(bulkhead.is_full(channel) for channel in full)

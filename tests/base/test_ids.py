"""Ids sort by time and keep their form."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.ids import make_id

T0 = datetime(2026, 11, 20, tzinfo=UTC)


@given(st.integers(0, 10**10), st.integers(1, 10**10), st.integers(0), st.integers(0))
def test_a_later_birth_sorts_later(first_ms: int, gap_ms: int, a: int, b: int) -> None:
    early = make_id("inc", T0 + timedelta(milliseconds=first_ms), a)
    late = make_id("inc", T0 + timedelta(milliseconds=first_ms + gap_ms), b)
    assert early < late
    assert re.fullmatch(r"inc_[0-9a-z]{18}", early)

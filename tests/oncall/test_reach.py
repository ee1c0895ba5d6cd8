"""What is known of a contact follows from the last of each thing that happened to it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.oncall.person import Contact
from tocsin.oncall.reach import FRESH, Reach, Verdict

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
ASPEN = Contact("aspen", "mail", "aspen@example.org")
DAY = timedelta(days=1)


def reach(
    accepted: int | None = None, acknowledged: int | None = None, failed: int | None = None
) -> Reach:
    def at(days_ago: int | None) -> datetime | None:
        return None if days_ago is None else NOW - days_ago * DAY

    return Reach(
        contact=ASPEN,
        accepted_at=at(accepted),
        acknowledged_at=at(acknowledged),
        failed_at=at(failed),
        failure=None if failed is None else "no",
    )


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (reach(), Verdict.NEVER_TRIED),
        (reach(accepted=1), Verdict.ACCEPTED),
        (reach(accepted=30, acknowledged=30), Verdict.REACHED),
        (reach(accepted=1, acknowledged=31), Verdict.ACCEPTED),
        (reach(accepted=31, acknowledged=31), Verdict.STALE),
        (reach(acknowledged=1), Verdict.REACHED),
        (reach(failed=1), Verdict.FAILS),
        (reach(accepted=2, acknowledged=2, failed=1), Verdict.FAILS),
        (reach(accepted=1, failed=2), Verdict.ACCEPTED),
        (reach(accepted=3, acknowledged=1, failed=2), Verdict.REACHED),
        (reach(accepted=40, failed=2), Verdict.FAILS),
    ],
)
def test_the_verdict(one: Reach, expected: Verdict) -> None:
    assert one.verdict(NOW) is expected


DAYS = st.none() | st.integers(0, 60)


@given(DAYS, DAYS, DAYS)
def test_nobody_counts_as_reached_without_a_fresh_acknowledgement_after_the_last_failure(
    accepted: int | None, acknowledged: int | None, failed: int | None
) -> None:
    one = reach(accepted, acknowledged, failed)
    if one.verdict(NOW) is Verdict.REACHED:
        assert acknowledged is not None
        assert acknowledged * DAY <= FRESH
        assert failed is None or failed >= min(60 if accepted is None else accepted, acknowledged)

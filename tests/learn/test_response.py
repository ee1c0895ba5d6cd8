from datetime import timedelta

from tests.learn.cases import ENTRIES, incident, minutes
from tocsin.learn.response import response_times


def test_the_four_times_run_from_impact_or_detection() -> None:
    times = response_times(incident())
    assert times.mttd == timedelta(minutes=9)
    assert times.mtta == timedelta(minutes=2)
    assert times.mttc == timedelta(minutes=5)
    assert times.mttr == timedelta(minutes=30)


def test_the_first_acknowledgement_counts() -> None:
    again = incident(acknowledged_at=minutes(40))
    assert response_times(again, ENTRIES).mtta == timedelta(minutes=2)


def test_what_has_not_happened_has_no_time_and_no_time_is_negative() -> None:
    early = incident(impact_from=minutes(10), recovered_at=None, contained_at=None)
    times = response_times(early)
    assert (times.mttd, times.mttc, times.mttr) == (timedelta(0), None, None)

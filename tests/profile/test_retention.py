from datetime import UTC, datetime, timedelta

import pytest

from tocsin.base.errors import BadInput
from tocsin.profile.retention import Retention, horizons

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def test_times_that_do_not_grow_are_refused() -> None:
    for wrong in (
        {"as_of": 100 * DAY},
        {"profiles": 89 * DAY},
        {"as_of": timedelta(0)},
    ):
        with pytest.raises(BadInput, match="must grow"):
            Retention(**wrong)


def test_what_a_finding_looked_back_at_keeps_its_form_as_long_as_the_finding() -> None:
    kept = Retention(as_of=30 * DAY, profiles_hourly=40 * DAY, profiles=50 * DAY)
    near, far = horizons(kept, 5 * DAY, NOW), horizons(kept, 60 * DAY, NOW)
    midnight = NOW.replace(hour=0, minute=0)
    assert near.epochs == midnight - 35 * DAY
    assert near.hours == midnight - 40 * DAY
    assert near.days == midnight - 50 * DAY
    assert far.epochs == far.hours == midnight - 90 * DAY
    assert far.days < far.hours

from datetime import UTC, datetime

import numpy as np
import pytest

from tests.profile.rows import LENDING, lake_rows, spec_of, table
from tocsin.base.spans import Span
from tocsin.profile.kernel import profile
from tocsin.store import profiles, systems
from tocsin.store.hourly import arrivals
from tocsin.store.unit import Database

NOW = datetime(2026, 11, 20, tzinfo=UTC)
RAW = table(900, 4)
SPEC = spec_of(RAW)
ROWS = lake_rows(RAW, SPEC)


@pytest.fixture
def lent(sqlite: Database) -> Database:
    """A database in which ten days of decisions were counted, in two epochs."""
    with sqlite.unit("test", NOW) as unit:
        systems.save(unit, LENDING, SPEC, (), 0, "")
    for epoch, part in enumerate((ROWS.slice(0, 500), ROWS.slice(500))):
        delta = profile(part.append_column("label_at", part["at"]), SPEC)
        with sqlite.unit("profile", NOW) as unit:
            profiles.advance(unit, SPEC, moves={"predictions": (epoch - 1, epoch)}, delta=delta)
    return sqlite


def test_every_bucket_is_there_with_the_decisions_of_everyone_and_every_slice(
    lent: Database,
) -> None:
    end = Span(datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC))
    with lent.reading() as conn:
        found = arrivals(conn, SPEC, end)
    at = np.array([one.timestamp() for one in RAW["at"].to_pylist() if one is not None])
    start = at.min() // 3600 * 3600
    assert found.start_s.tolist() == np.arange(start, end.end.timestamp(), 3600).tolist()
    for row, key in enumerate(("", *SPEC.slices)):
        who = np.ones(len(at), bool)
        if key:
            name, value = key.split("=")
            who = np.array([str(one) == value for one in RAW[name].to_pylist()])
        place = ((at[who & (at < end.end.timestamp())] - start) // 3600).astype(int)
        expected = np.bincount(place, minlength=len(found.start_s))
        assert found.counts[:, row].tolist() == expected.tolist()
    assert found.counts[:, 0].sum() == (at < end.end.timestamp()).sum()


def test_hours_without_decisions_are_zero_and_no_hours_are_none(lent: Database) -> None:
    later = Span(datetime(2026, 11, 14, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC))
    with lent.reading() as conn:
        found = arrivals(conn, SPEC, later)
        never = Span(datetime(2027, 11, 14, tzinfo=UTC), datetime(2027, 11, 15, tzinfo=UTC))
        assert len(arrivals(conn, SPEC, never).start_s) == 0
    assert (found.counts[-24:] == 0).all()
    assert found.counts.sum() > 0

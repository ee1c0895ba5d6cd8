"""What each host's clock showed last."""

from datetime import timedelta

import pytest

from tests.store.examples import NOW
from tocsin.store import clocks
from tocsin.store.clocks import Sighting
from tocsin.store.steady import Steady
from tocsin.store.unit import Database

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("steady", [None, Steady("boot", timedelta(seconds=1.234))])
def test_the_last_look_is_kept_by_host(database: Database, steady: Steady | None) -> None:
    with database.unit("w", NOW) as unit:
        assert clocks.last(unit.conn, "one") is None
        clocks.saw(unit, "one", Steady("earlier", HOUR))
        clocks.saw(unit, "other", None)
    with database.unit("w", NOW - HOUR) as unit:
        clocks.saw(unit, "one", steady)
    with database.reading() as conn:
        assert clocks.last(conn, "one") == Sighting(NOW - HOUR, steady)
        assert clocks.last(conn, "other") == Sighting(NOW, None)

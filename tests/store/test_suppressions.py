"""What kept an alert quiet is on record, with its end."""

from dataclasses import replace

from tests.store.examples import HOUR, MINUTE, NOW, alert
from tocsin.alert.quiet import Hold, Reason, suppressed
from tocsin.store import suppressions
from tocsin.store.unit import Database

ALERT = alert().alert
SILENCED = suppressed(ALERT, Hold(Reason.SILENCE, "sil_1", "because"), NOW)
LEVEL = suppressed(
    replace(ALERT, fingerprint="beef"), Hold(Reason.LEVEL, "", "a ticket"), NOW + MINUTE
)


def test_a_row_lasts_until_it_is_over(database: Database) -> None:
    with database.unit("test", NOW) as unit:
        suppressions.save(unit, [LEVEL, SILENCED])
        suppressions.save(unit, [])
    with database.reading() as conn:
        assert suppressions.lasting(conn, "loans") == [SILENCED, LEVEL]
        assert suppressions.lasting(conn, "cards") == []
    ended = replace(SILENCED, over_at=NOW + HOUR)
    with database.unit("test", NOW) as unit:
        suppressions.save(unit, [ended])
    with database.reading() as conn:
        assert suppressions.lasting(conn, "loans") == [LEVEL]
        assert suppressions.recent(conn, "loans", 10) == [LEVEL, ended]
        assert suppressions.recent(conn, "loans", 1) == [LEVEL]


def test_the_same_silence_may_keep_an_episode_quiet_twice(database: Database) -> None:
    again = replace(SILENCED, at=NOW + HOUR)
    with database.unit("test", NOW) as unit:
        suppressions.save(unit, [replace(SILENCED, over_at=NOW + MINUTE), again])
    with database.reading() as conn:
        assert len(suppressions.recent(conn, "loans", 10)) == 2
        assert suppressions.lasting(conn, "loans") == [again]

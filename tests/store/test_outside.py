"""What was heard of other systems' alerts is kept once, and forgotten when it is long over."""

from dataclasses import replace

import sqlalchemy as sa

from tests.store.examples import MINUTE, NOW
from tocsin.ingest.outside import OutsideAlert
from tocsin.store import outside, tables
from tocsin.store.unit import Database

ALERT = OutsideAlert(
    system="loans", source="grafana", fingerprint="a", rule="r", title="t", firing=True
)


def test_what_fires_is_kept_once_and_every_change_is_audited(database: Database) -> None:
    other = replace(ALERT, fingerprint="b")
    for at, alerts, new in (
        (NOW, [ALERT, other], 2),
        (NOW + MINUTE, [ALERT, ALERT], 0),
        (NOW + 2 * MINUTE, [replace(ALERT, firing=False)], 1),
    ):
        with database.unit("sender", at) as unit:
            assert outside.take(unit, alerts) == new
    with database.reading() as conn:
        (left,) = outside.firing(conn, "loans")
        assert outside.firing(conn, "cards") == []
        acts = conn.execute(sa.select(tables.audit.c.action)).scalars().all()
    assert (left.alert, left.started_at) == (other, NOW)
    assert acts == ["outside.firing", "outside.firing", "outside.resolved"]


def test_an_alert_twice_in_one_body_counts_in_order(database: Database) -> None:
    with database.unit("sender", NOW) as unit:
        assert outside.take(unit, [ALERT, replace(ALERT, firing=False)]) == 2
    with database.reading() as conn:
        assert outside.firing(conn, "loans") == []


def test_what_is_long_over_is_forgotten_and_what_fires_is_not(database: Database) -> None:
    over = replace(ALERT, fingerprint="b", firing=False)
    with database.unit("sender", NOW) as unit:
        outside.take(unit, [ALERT, over])
    with database.unit("sender", NOW + outside.KEPT + MINUTE) as unit:
        outside.take(unit, [])
        kept = unit.conn.execute(sa.select(tables.outside_alert.c.fingerprint)).scalars().all()
    assert kept == ["a"]

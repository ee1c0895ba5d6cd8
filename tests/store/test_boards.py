"""The board is gathered from bulletins, maintenance windows and the record of components."""

from dataclasses import replace

from tests.incident.public import DAY, HOUR, LOANS, NOW, published
from tests.store.examples import opened
from tocsin.alert.matching import parse_all
from tocsin.alert.silence import Kind, Silence
from tocsin.incident.board import Site
from tocsin.incident.bulletin import Level
from tocsin.incident.statuspage import StatusPage
from tocsin.store import boards, bulletins, silences
from tocsin.store.unit import Database

PAGE = StatusPage(site=Site(title="Acme"), components=(LOANS,))
WINDOW = Silence(
    id="sil_1",
    kind=Kind.MAINTENANCE,
    matchers=parse_all(["system=loan-approval"]),
    starts_at=NOW - HOUR,
    ends_at=NOW + HOUR,
    author="aspen",
    reason="retraining",
    title="retrain v21",
)


def test_what_is_stored_is_shown_and_who_never_stood_has_no_record(database: Database) -> None:
    with database.reading() as conn:
        empty = boards.get(conn, PAGE, NOW)
    assert (empty.level, empty.rows[0].uptime) == (Level.OPERATIONAL, None)
    incident = opened(database)
    with database.unit("aspen", NOW - 2 * DAY) as unit:
        bulletins.stand(unit, ["loans"])
    with database.unit("aspen", NOW) as unit:
        bulletins.add(unit, replace(published(), incident=incident.id))
        silences.add(unit, WINDOW)
    with database.reading() as conn:
        board = boards.get(conn, PAGE, NOW)
    assert board.rows[0].level is Level.AFFECTED
    assert board.rows[0].since == NOW - 2 * DAY
    assert board.planned[0].active
    assert "retrain" not in repr(board)


def test_a_window_that_was_ended_early_ends_then(database: Database) -> None:
    ended = replace(WINDOW, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR, expired_at=NOW)
    with database.unit("aspen", NOW - HOUR) as unit:
        silences.add(unit, ended)
    with database.reading() as conn:
        (window,) = boards.windows(conn, NOW)
    assert window.span.length == 0 * HOUR

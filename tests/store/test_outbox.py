"""Two workers that claim from one outbox never take the same row; the longest due comes first."""

from datetime import timedelta

from tests.oncall.roster import DEPUTY, LEAD
from tests.store.examples import NOW
from tocsin.alert.bulkhead import Bulkhead
from tocsin.oncall.person import Contact, Person
from tocsin.store import outbox, tables, testpages
from tocsin.store.outbox import PageState
from tocsin.store.unit import Database

LEASE = timedelta(seconds=30)
SECOND = timedelta(seconds=1)


def claim(database: Database, owner: str, after: timedelta, limit: int = 9) -> list[str]:
    with database.unit(owner, NOW + after) as unit:
        rows = outbox.claim(unit, tables.test_page, owner, LEASE, limit)
    assert {(row["owner"], row["state"]) for row in rows} <= {(owner, PageState.CLAIMED.value)}
    return [row["person"] for row in rows]


def test_each_row_is_claimed_once_the_longest_due_first(database: Database) -> None:
    for after, person in ((SECOND, LEAD), (timedelta(0), DEPUTY)):
        with database.unit("aspen", NOW + after) as unit:
            testpages.add(unit, person)
    assert claim(database, "a", timedelta(0)) == [DEPUTY.name] * 2
    assert claim(database, "b", SECOND, limit=1) == [LEAD.name]
    assert claim(database, "a", SECOND) == [LEAD.name]
    assert claim(database, "b", SECOND) == []


def test_what_waits_is_what_is_due_or_was_abandoned(database: Database) -> None:
    def waiting(after: timedelta) -> int:
        with database.reading() as conn:
            return len(conn.execute(outbox.waiting(tables.test_page, NOW + after)).all())

    with database.unit("aspen", NOW) as unit:
        testpages.add(unit, LEAD)
    assert (waiting(timedelta(0)), waiting(SECOND)) == (0, 2)
    claim(database, "a", timedelta(0))
    assert (waiting(LEASE), waiting(LEASE + SECOND)) == (0, 2)


def ask(database: Database, channel: str, times: int, after: timedelta = timedelta(0)) -> None:
    person = Person(channel, tuple(Contact(channel, channel, str(k)) for k in range(times)))
    with database.unit("aspen", NOW + after) as unit:
        testpages.add(unit, person)


def test_who_claims_passes_over_the_channels_that_are_full(database: Database) -> None:
    ask(database, "mail", 9)
    ask(database, "hook", 1, after=SECOND)
    with database.unit("a", NOW + SECOND) as unit:
        mine = testpages.claim(unit, "a", LEASE, 4, Bulkhead(4, []))
        none = testpages.claim(unit, "a", LEASE, 1, Bulkhead(4, ["mail", "mail", "hook"]))
        others = testpages.claim(unit, "b", LEASE, 9)
    assert [row.contact.channel for row in mine] == ["mail", "mail", "hook"]
    assert none == []
    assert [row.contact.channel for row in others] == ["mail"] * 7


def test_each_channel_has_a_line_of_its_own(database: Database) -> None:
    ask(database, "mail", 3)
    ask(database, "hook", 1, after=SECOND)

    def first(after: timedelta, most: int) -> list[str]:
        with database.reading() as conn:
            facts = {"now": NOW + after, "most": most}
            found = conn.execute(outbox.lines(tables.test_page), facts).mappings()
            return [row["contact"]["channel"] for row in found]

    assert first(-SECOND, 2) == []
    assert first(timedelta(0), 2) == ["mail"] * 2
    assert first(SECOND, 2) == ["mail", "mail", "hook"]
    claim(database, "a", timedelta(0))
    assert first(timedelta(0), 2) == []
    assert first(LEASE, 9) == ["mail"] * 3 + ["hook"]

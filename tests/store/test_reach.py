"""The last of each thing that happened to a contact is kept, and only of that address."""

from dataclasses import replace
from datetime import timedelta

from tests.oncall.roster import LEAD
from tests.store.examples import NOW
from tocsin.oncall.reach import Reach
from tocsin.store import reach
from tocsin.store.unit import Database

MAIL, HOOK = LEAD.contacts
SECOND = timedelta(seconds=1)


def test_each_fact_replaces_its_like_and_leaves_the_others(database: Database) -> None:
    with database.unit("w", NOW) as unit:
        reach.accepted(unit, MAIL)
        reach.failed(unit, HOOK, "refused")
    with database.unit("w", NOW + SECOND) as unit:
        reach.acknowledged(unit, MAIL)
        reach.failed(unit, HOOK, "no such number")
    moved = replace(MAIL, address="new@example.org")
    with database.reading() as conn:
        assert reach.of_contacts(conn, [HOOK, MAIL, moved]) == [
            Reach(contact=HOOK, failed_at=NOW + SECOND, failure="no such number"),
            Reach(contact=MAIL, accepted_at=NOW, acknowledged_at=NOW + SECOND),
            Reach(contact=moved),
        ]

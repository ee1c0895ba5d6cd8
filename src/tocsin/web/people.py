"""People: test pages, and whom they reached."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query

from tocsin.store import testpages
from tocsin.store.testpages import PageTest
from tocsin.store.unit import Unit
from tocsin.web.fields import Answer
from tocsin.web.site import SiteDep
from tocsin.web.writing import WritingDep


class TestPageAnswer(Answer):
    """One test page to one contact; `error` says why the last try was not taken."""

    id: str
    person: str
    channel: str
    state: Literal["due", "claimed", "accepted", "acknowledged", "failed"]
    error: str | None
    asked_at: datetime
    asked_by: str
    accepted_at: datetime | None
    acknowledged_at: datetime | None


class TestPagesAnswer(Answer):
    """Test pages."""

    pages: list[TestPageAnswer]


def test(site: SiteDep, write: WritingDep, person: str) -> TestPagesAnswer:
    """Send a test page to every contact of a person; nobody needs to do anything about it."""
    one = site.roster.person(person)

    def act(unit: Unit) -> TestPagesAnswer:
        return _answer(testpages.add(unit, one))

    return write.once(TestPagesAnswer, act, 201)


def list_tests(
    site: SiteDep, person: str, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> TestPagesAnswer:
    """Return the test pages to a person, newest first."""
    one = site.roster.person(person)
    with site.database.reading() as conn:
        return _answer(testpages.of_person(conn, one.name, limit))


def _answer(tests: list[PageTest]) -> TestPagesAnswer:
    return TestPagesAnswer(pages=[_one(test) for test in tests])


def _one(test: PageTest) -> TestPageAnswer:
    return TestPageAnswer(
        id=test.id,
        person=test.contact.person,
        channel=test.contact.channel,
        state=test.state.value,
        error=test.error,
        asked_at=test.asked_at,
        asked_by=test.asked_by,
        accepted_at=test.accepted_at,
        acknowledged_at=test.acknowledged_at,
    )

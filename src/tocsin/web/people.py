"""People: who is known to be reached, by which channel; and test pages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query

from tocsin.oncall.reach import Reach, Verdict
from tocsin.store import reach, testpages
from tocsin.store.testpages import PageTest
from tocsin.store.unit import Unit
from tocsin.web.fields import Answer
from tocsin.web.site import SiteDep
from tocsin.web.writing import WritingDep


class ReachAnswer(Answer):
    """What is known of one contact; `failure` says why the last try that failed did."""

    channel: str
    verdict: Verdict
    accepted_at: datetime | None
    acknowledged_at: datetime | None
    failed_at: datetime | None
    failure: str | None


class PersonAnswer(Answer):
    """One person; `reached`: whether at least one contact is known to reach them."""

    person: str
    reached: bool
    contacts: list[ReachAnswer]


class PeopleAnswer(Answer):
    """Everybody declared under `people:`, at an instant."""

    at: datetime
    people: list[PersonAnswer]


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


def list_people(site: SiteDep) -> PeopleAnswer:
    """Return for each person and channel when something last arrived, or why it did not."""
    now = site.clock()
    with site.database.reading() as conn:
        people = [
            _person(one.name, reach.of_contacts(conn, one.contacts), now)
            for one in site.roster.people.values()
        ]
    return PeopleAnswer(at=now, people=people)


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


def _person(name: str, reaches: list[Reach], now: datetime) -> PersonAnswer:
    contacts = [
        ReachAnswer(
            channel=one.contact.channel,
            verdict=one.verdict(now),
            accepted_at=one.accepted_at,
            acknowledged_at=one.acknowledged_at,
            failed_at=one.failed_at,
            failure=one.failure,
        )
        for one in reaches
    ]
    reached = any(one.verdict is Verdict.REACHED for one in contacts)
    return PersonAnswer(person=name, reached=reached, contacts=contacts)


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

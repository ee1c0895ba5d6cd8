"""When it began is computed until a person says it, and from then on theirs."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.incident.test_lifecycle import LATER, NOW, opened, resolved
from tocsin.base.errors import BadInput, Conflict
from tocsin.incident import impact, lifecycle
from tocsin.incident.incident import Entry, EntryKind, Incident

MINUTE = timedelta(minutes=1)
SAID = NOW - 4 * 60 * MINUTE


def said(
    incident: Incident, at: datetime = SAID, why: str = "the log says so", actor: str = "aspen"
) -> tuple[Incident, tuple[Entry, ...]]:
    return impact.say(incident, at, why, actor=actor, now=LATER, entry_id="e")


def test_what_a_person_says_stands_with_its_reason_and_the_line_tells_old_and_new() -> None:
    first, (line,) = said(opened())
    assert (first.impact_from, first.impact_by) == (SAID, "aspen")
    assert line.text == "impact began at 10:05 UTC: the log says so"
    assert (line.kind, line.actor) == (EntryKind.IMPACT, "aspen")
    assert line.facts == {"from": "", "to": SAID.isoformat()}
    second, (line,) = said(first, SAID + MINUTE, "its clock was late", "beech")
    assert (second.impact_from, second.impact_by) == (SAID + MINUTE, "beech")
    assert line.text == (
        "impact began at 10:06 UTC, not 10:05 UTC (said by aspen): its clock was late"
    )
    assert line.facts == {"from": SAID.isoformat(), "to": (SAID + MINUTE).isoformat()}
    assert said(second, SAID + MINUTE, "again", "aspen") == (second, ())


def test_what_is_computed_is_moved_by_a_person_or_confirmed() -> None:
    computed = impact.compute(opened(), NOW - MINUTE)
    assert (computed.impact_from, computed.impact_by) == (NOW - MINUTE, None)
    _, (moved,) = said(computed)
    assert moved.text.startswith("impact began at 10:05 UTC, not 14:04 UTC (computed): ")
    same, (confirmed,) = said(computed, NOW - MINUTE)
    assert same.impact_by == "aspen"
    assert confirmed.text == "impact began at 14:04 UTC, as computed: the log says so"


def test_the_machine_moves_it_until_a_person_has_said_it() -> None:
    computed = impact.compute(impact.compute(opened(), NOW - MINUTE), NOW - 2 * MINUTE)
    assert computed.impact_from == NOW - 2 * MINUTE
    assert impact.said(computed) is None
    for nothing in (None, NOW + MINUTE):
        assert impact.compute(computed, nothing) == computed
    theirs, _ = said(computed)
    assert impact.compute(theirs, NOW - MINUTE) == theirs
    assert impact.said(theirs) == SAID


@pytest.mark.parametrize(
    ("at", "what", "do"),
    [
        (LATER + MINUTE, "in the future", "until 14:05 UTC"),
        (NOW + timedelta(seconds=1), "INC-42 was detected at 14:05 UTC", "until 14:05 UTC"),
        (NOW - impact.AGE_AT_MOST - MINUTE, "more than 30 days before INC-42", "write a note"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "30 days", "check the date"),
    ],
)
def test_an_instant_that_cannot_be_is_refused_with_what_to_do(
    at: datetime, what: str, do: str
) -> None:
    with pytest.raises(BadInput, match=what) as refused:
        said(opened(), at)
    assert do in refused.value.do
    for bound in (NOW, NOW - impact.AGE_AT_MOST):
        assert said(opened(), bound)[0].impact_from == bound


def test_while_a_clock_was_ahead_the_present_bounds_it() -> None:
    ahead = replace(opened(), detected_at=LATER + 60 * MINUTE)
    with pytest.raises(BadInput, match="in the future") as refused:
        said(ahead, LATER + MINUTE)
    assert "until 14:12 UTC" in refused.value.do


def test_what_is_over_or_goes_on_elsewhere_is_not_dated_anew() -> None:
    with pytest.raises(Conflict, match="write a note"):
        said(resolved())
    with pytest.raises(Conflict, match="see what it goes on as"):
        said(replace(resolved(), merged_into="inc_2"))


@pytest.mark.parametrize(
    ("title", "after"),
    [
        ("approvals fell since 14:02 UTC", "approvals fell since 10:05 UTC"),
        ("approvals fell since 2026-11-19 14:02 UTC", "approvals fell since 10:05 UTC"),
        ("since 14:02 UTC nothing works", "since 14:02 UTC nothing works"),
        ("approvals fell", "approvals fell"),
    ],
)
def test_a_title_that_ends_in_since_when_follows(title: str, after: str) -> None:
    assert said(replace(opened(), title=title))[0].title == after


def test_another_zone_says_the_same_instant() -> None:
    told, _ = said(opened(), SAID.astimezone(timezone(timedelta(hours=5, minutes=30))))
    assert (told.impact_from, told.impact_from and told.impact_from.tzinfo) == (SAID, UTC)


def test_saying_it_is_work() -> None:
    _, entries = said(opened())
    assert lifecycle.worked_at(entries) == LATER


EARLY = SAID - MINUTE


@pytest.mark.parametrize(
    ("winner", "loser", "at", "by"),
    [
        ((SAID, None), (EARLY, None), EARLY, None),
        ((SAID, None), (None, None), SAID, None),
        ((None, None), (None, None), None, None),
        ((SAID, "aspen"), (EARLY, "beech"), EARLY, "beech"),
        ((EARLY, "aspen"), (SAID, "beech"), EARLY, "aspen"),
        ((EARLY, "aspen"), (EARLY, "beech"), EARLY, "aspen"),
        ((EARLY, None), (SAID, "beech"), EARLY, "cleo"),
        ((SAID, "aspen"), (None, None), SAID, "aspen"),
    ],
)
def test_a_merge_keeps_the_earlier_and_what_was_said_stays_said(
    winner: tuple[datetime | None, str | None],
    loser: tuple[datetime | None, str | None],
    at: datetime | None,
    by: str | None,
) -> None:
    one = replace(opened(), impact_from=winner[0], impact_by=winner[1])
    other = replace(opened(), impact_from=loser[0], impact_by=loser[1])
    after = impact.merged(one, other, actor="cleo")
    assert (after.impact_from, after.impact_by) == (at, by)


@pytest.mark.parametrize("text", ["", "24:00", "9:4", "09:40:00", "2026-11-20T09:40", "0940"])
def test_what_is_no_time_of_day_is_left_to_others(text: str) -> None:
    assert impact.time_of_day(text, NOW, LATER) is None


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1)), st.times())  # noqa: DTZ001 - hypothesis adds the zone
def test_a_time_of_day_is_the_last_one_before_the_detection(seen_at: datetime, shown: time) -> None:
    at = impact.time_of_day(f"{shown:%H:%M}", seen_at, seen_at)
    assert at is not None
    assert timedelta(0) <= seen_at - at < timedelta(days=1)
    assert f"{at:%H:%M}" == f"{shown:%H:%M}"


def test_a_time_of_day_after_the_detection_is_not_taken_for_the_day_before() -> None:
    seen_at = datetime(2026, 11, 20, 14, 19, 5, tzinfo=UTC)
    day_before = datetime(2026, 11, 19, 14, 20, tzinfo=UTC)
    passed = seen_at.replace(minute=20, second=0)
    for now in (passed, passed + timedelta(days=3)):
        with pytest.raises(
            BadInput, match=r"14:20 UTC is later than the detection \(14:19 UTC\)"
        ) as no:
            impact.time_of_day("14:20", seen_at, now)
        assert no.value.do.endswith("the day before with its date: 2026-11-19T14:20Z")
    assert impact.time_of_day("14:20", seen_at, passed - timedelta(seconds=1)) == day_before
    assert impact.time_of_day("14:19", seen_at, passed) == seen_at.replace(second=0)

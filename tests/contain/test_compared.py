"""Whose decisions are compared before and since containment."""

from dataclasses import replace
from datetime import timedelta

from tests.contain.cases import NOON, NORTH, directive
from tocsin.base.slices import Slice
from tocsin.contain.compared import Whose, compared
from tocsin.contain.directive import Action
from tocsin.incident.incident import Incident, Severity, State

MINUTE = timedelta(minutes=1)
OPEN = Incident(
    id="inc_1",
    number=1,
    system="loans",
    title="harm",
    severity=Severity.SEV2,
    severity_why="",
    state=State.ACKNOWLEDGED,
    slice=NORTH,
    detected_at=NOON - 9 * MINUTE,
)
CONTAINED = replace(OPEN, state=State.CONTAINED, contained_at=NOON + MINUTE)
OF_V2 = replace(directive(id_="dir_2"), of_version="v2", obeyed_at=NOON + 2 * MINUTE)


def test_all_who_are_hit_are_compared_once_they_are_contained() -> None:
    later = replace(directive(id_="dir_3"), created_at=NOON + 3 * MINUTE)
    elsewhere = directive(slice_=Slice.of({"region": "south"}))
    assert compared(OPEN, [directive()]) is None
    found = compared(CONTAINED, [elsewhere, directive(), later])
    assert found is not None
    assert (found.until, found.since) == (NOON + MINUTE, NOON + 3 * MINUTE)
    assert (found.version, found.before, found.after) == (None, None, None)
    assert [one.id for one in found.directives] == ["dir_1", "dir_3"]


def test_of_one_version_its_own_decisions_are_compared_with_what_comes_instead() -> None:
    found = compared(OPEN, [directive(), OF_V2])
    assert found is not None
    assert (found.until, found.since, found.version) == (OF_V2.obeyed_at, OF_V2.obeyed_at, "v2")
    assert found.before == Whose("v2")
    assert found.after == Whose("v2", ("dir_2",))
    back = replace(OF_V2, action=Action.ROLLBACK, to_version="v1")
    rolled = compared(OPEN, [back])
    assert rolled is not None
    assert rolled.after == Whose("v2", ("dir_2",), "v1")


def test_what_holds_for_all_goes_before_what_is_of_one_version() -> None:
    found = compared(CONTAINED, [OF_V2, directive()])
    assert found is not None
    assert found.version is None
    sole = compared(CONTAINED, [replace(OF_V2, sole=True)])
    assert sole is not None
    assert sole.version == "v2"


def test_before_it_is_obeyed_nothing_is_compared_but_a_moved_threshold() -> None:
    unseen = replace(OF_V2, obeyed_at=None)
    assert compared(OPEN, [unseen]) is None
    moved = compared(OPEN, [replace(unseen, action=Action.THRESHOLD, threshold=0.7)])
    assert moved is not None
    assert moved.since == unseen.created_at


def test_what_has_ended_of_the_version_is_no_time_before() -> None:
    renewed = replace(OF_V2, id="dir_3", obeyed_at=NOON + 9 * MINUTE)
    other, unseen = replace(OF_V2, of_version="v3"), replace(OF_V2, obeyed_at=None)
    found = compared(OPEN, [renewed], [other, unseen])
    assert found is not None
    assert (found.until, found.since) == (renewed.obeyed_at, renewed.obeyed_at)
    after = compared(OPEN, [renewed], [OF_V2])
    assert after is not None
    assert (after.until, after.since) == (OF_V2.obeyed_at, renewed.obeyed_at)
    assert after.after == Whose("v2", ("dir_3",))


def test_of_one_version_what_holds_for_some_of_who_are_hit_shows_nothing_of_all() -> None:
    young = replace(OF_V2, slice=Slice.of({"region": "north", "age": "<25"}))
    assert compared(OPEN, [young]) is None
    assert compared(OPEN, [replace(OF_V2, slice=Slice.of({}))]) is not None
    both = compared(OPEN, [OF_V2, young])
    assert both is not None
    assert both.directives == [OF_V2, young]

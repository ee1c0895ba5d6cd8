"""What is over may come back for a while, as taken by nobody and contained by nothing."""

from datetime import timedelta

import pytest

from tests.incident.test_lifecycle import LATER, acknowledged, opened, resolved
from tocsin.incident import lifecycle
from tocsin.incident.again import WITHIN, come_back, may_come_back
from tocsin.incident.incident import Incident, Severity, State

NOW = LATER + timedelta(minutes=20)


def test_it_comes_back_within_an_hour_of_its_end_and_never_while_it_is_open() -> None:
    assert may_come_back(resolved(), LATER + WITHIN)
    assert not may_come_back(resolved(), LATER + WITHIN + timedelta(seconds=1))
    assert not may_come_back(opened(), LATER)


def test_it_is_open_again_and_people_are_called_anew() -> None:
    before = resolved()
    after, (line,) = come_back(before, now=NOW, entry_id="ent_2", why="came back")
    assert (after.state, after.paging_from) == (State.OPEN, NOW)
    assert after.resolved_at is after.recovered_at is after.contained_at is None
    assert after.acknowledged_by is after.acknowledged_at is None
    assert (after.id, after.detected_at) == (before.id, before.detected_at)
    assert line.facts == {lifecycle.AGAIN: "came back"}
    taken, _ = lifecycle.acknowledge(after, actor="aspen", now=NOW, entry_id="ent_3")
    assert taken.acknowledged_by == "aspen"


def test_one_that_wakes_nobody_wakes_nobody_when_it_comes_back() -> None:
    over, _ = lifecycle.resolve(opened(Severity.SEV3), actor="aspen", now=LATER, entry_id="e")
    assert come_back(over, now=NOW, entry_id="ent_2", why="came back")[0].paging_from is None


@pytest.mark.parametrize("before", [opened(), acknowledged()])
def test_one_that_is_not_over_is_left_alone(before: Incident) -> None:
    assert come_back(before, now=NOW, entry_id="ent_2", why="came back") == (before, ())

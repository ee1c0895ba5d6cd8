from dataclasses import replace

from tests.web.views.nouns import INCIDENT, NOW
from tocsin.base.slices import EVERYONE
from tocsin.incident.incident import State
from tocsin.web.views.incidents import incidents, matches

OVER = replace(
    INCIDENT,
    slice=EVERYONE,
    id="inc_0",
    number=7,
    state=State.RESOLVED,
    resolved_at=NOW,
    title="Late",
)


def test_open_incidents_are_told_from_those_that_are_over() -> None:
    seen = incidents([INCIDENT, OVER], {"inc_1": 1284}, ["loans"])
    assert seen.answer == "1 incident is open."
    assert [line.incident.number for line in seen.open_ones] == [42]
    assert seen.open_ones[0].affected == "1,284 decisions"
    assert [line.doing for line in seen.over] == ["over"]


def test_a_search_finds_incidents_by_any_word_and_systems_by_name() -> None:
    seen = incidents([INCIDENT, OVER], {}, ["loans", "fraud"], "NORTH loan")
    assert (seen.answer, seen.systems) == ("1 incident found for “NORTH loan”.", ())
    assert incidents([OVER], {}, ["loans", "fraud"], "frau").systems == ("fraud",)
    assert matches(INCIDENT, "inc-42")
    assert not matches(INCIDENT, "inc-42 south")

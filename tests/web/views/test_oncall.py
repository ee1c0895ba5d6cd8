"""Who is on call, who is next, what the picture shows, and who can be reached."""

from dataclasses import replace
from datetime import timedelta

from tests.oncall.roster import HOUR, LEAD, LENDING, NIGHT, OPENED, POLICY, override
from tests.web.desk import WEEKS
from tocsin.oncall.policy import Step
from tocsin.oncall.preview import holes, preview
from tocsin.oncall.reach import FRESH, Reach
from tocsin.web.views.marks import Mark
from tocsin.web.views.oncall import duty, oncall, standing, told

MAIL, HOOK = LEAD.contacts
GAPPY = replace(POLICY, steps=(Step(timedelta(0), (), schedules=("lending",)),))


def test_the_page_says_who_has_it_until_when_and_who_is_next() -> None:
    one = duty(LENDING, (), OPENED)
    assert (one.person, one.next) == ("lending-deputy", "lending-lead")
    assert one.until == OPENED.replace(minute=10)
    assert one.mark is Mark.AT_RISK  # somebody now, nobody tonight
    assert duty(WEEKS, (), OPENED).mark is Mark.HEALTHY


def test_where_nobody_is_on_call_the_first_line_says_so() -> None:
    found = oncall([LENDING], {}, holes(GAPPY, {}, NIGHT), [], NIGHT)
    assert (found.mark, found.answer) == (Mark.HARM, "Nobody is on call.")
    assert found.duties[0].until == NIGHT + 8 * HOUR
    two = oncall([LENDING, WEEKS], {}, [], [], NIGHT)
    assert two.answer == "Nobody is on call in 1 of 2 schedules."
    assert oncall([], {}, [], [], NIGHT).mark is Mark.NO_DATA


def test_an_override_closes_the_gap() -> None:
    cover = override("head", NIGHT - HOUR, NIGHT + 24 * HOUR)
    one = duty(LENDING, [cover], NIGHT)
    assert (one.person, one.until) == ("head", NIGHT + 24 * HOUR)


def test_every_hour_of_the_picture_is_drawn_once() -> None:
    for one in (duty(LENDING, (), OPENED), duty(WEEKS, (), OPENED)):
        bars = [bar for row in one.rows for bar in row.bars]
        assert abs(sum(bar.width for bar in bars) - 100) < 0.1
        assert [row.person for row in one.rows].count(None) == (one.schedule == "lending")
        assert all(0 <= bar.x < 100 for bar in bars)


def test_a_gap_that_two_steps_meet_is_counted_once_and_is_grave_where_nobody_is_left() -> None:
    light = oncall([LENDING], {}, holes(POLICY, {}, OPENED), [], OPENED)
    (line,) = light.holes
    assert (line.mark, line.steps) == (Mark.AT_RISK, "steps 1 and 2")
    assert light.lead.startswith(f"{len(line.gaps)} gaps within 60 days.")
    (grave,) = oncall([LENDING], {}, holes(GAPPY, {}, OPENED), [], OPENED).holes
    assert (grave.mark, grave.grave) == (Mark.HARM, True)


def test_one_channel_with_a_proof_is_enough_and_none_is_not() -> None:
    fresh, old = OPENED - HOUR, OPENED - FRESH - HOUR
    proven = Reach(contact=MAIL, acknowledged_at=fresh)
    failing = Reach(contact=HOOK, failed_at=fresh, failure="403")
    assert standing("lead", [failing, proven], [], OPENED).mark is Mark.HEALTHY
    assert standing("lead", [failing], [], OPENED).says == "cannot be reached"
    assert standing("lead", [], [], OPENED).says == "has no contact"
    stale = standing("lead", [Reach(contact=MAIL, acknowledged_at=old)], [], OPENED)
    assert (stale.mark, stale.ways[0].verdict, stale.ways[0].at) == (Mark.AT_RISK, "stale", old)
    found = oncall([LENDING], {}, [], [stale], OPENED)
    assert "1 of 1 person is not known to be reached" in found.lead


def test_the_preview_says_minutes_steps_and_whom() -> None:
    lines = told(preview(POLICY, {}, OPENED), POLICY, OPENED)
    assert [line.after for line in lines][:3] == ["T+0", "T+10", "T+20"]
    assert lines[0].whom == "lending-deputy (mail)"
    assert lines[1].whom == "lending-lead (mail)"  # the hand-over was at T+5
    assert lines[-1].step == "catch-all, again (1)"
    assert lines[-1].whom == "head (mail) and head (hook)"

"""What a policy would do is what it does; and gaps are told before they hurt."""

from dataclasses import replace

from tests.oncall.roster import HOUR, MINUTE, NIGHT, OPENED, POLICY, RISK, override
from tocsin.base.spans import Span
from tocsin.oncall.escalation import next_actions
from tocsin.oncall.policy import Called, Policy, Step
from tocsin.oncall.preview import LOOK_AHEAD, holes, preview
from tocsin.oncall.resolve import Overrides


def told(overrides: Overrides, at: object = OPENED) -> list[tuple[int, int, int, str, str]]:
    opened_at = NIGHT if at is NIGHT else OPENED
    return [
        (
            one.round.rung,
            one.round.round,
            int((one.round.due_at - opened_at) / MINUTE),
            " ".join(f"{way.person}/{way.channel}" for way in one.contacts),
            one.why,
        )
        for one in preview(POLICY, overrides, opened_at)
    ]


def test_steps_hand_offs_repeats_and_the_catch_all_are_laid_out() -> None:
    assert told({}) == [
        (0, 0, 0, "lending-deputy/mail", ""),
        (1, 0, 10, "lending-lead/mail", ""),
        (2, 0, 20, "risk-lead/mail", ""),
        (2, 1, 30, "risk-lead/mail", ""),
        (3, 0, 40, "head/mail head/hook", ""),
        (3, 1, 50, "head/mail head/hook", ""),
    ]


def test_a_gap_shows_who_is_told_in_its_place_and_an_override_closes_it() -> None:
    why = "nobody was on call in schedule 'lending'"
    assert told({}, NIGHT)[:2] == [
        (0, 0, 0, "risk-lead/mail", why),
        (1, 0, 10, "risk-lead/mail", why),
    ]
    guest = {"lending": [override("guest", NIGHT, NIGHT + 5 * MINUTE)]}
    assert told(guest, NIGHT)[:2] == [
        (0, 0, 0, "guest/mail", ""),
        (1, 0, 10, "risk-lead/mail", why),
    ]


def test_the_preview_is_what_happens() -> None:
    called: list[Called] = []
    for minute in range(50):
        now = NIGHT + minute * MINUTE
        new = next_actions(
            POLICY,
            called,
            overrides={},
            opened_at=NIGHT,
            acknowledged_at=None,
            resolved_at=None,
            now=now,
        )
        called += [
            Called(rung=c.rung, round=c.round, contact=c.contact, due_at=c.due_at) for c in new
        ]
        called = [replace(c, tried=c.due_at <= now) for c in called]
    seen = [(one.round.due_at, way) for one in preview(POLICY, {}, NIGHT) for way in one.contacts]
    assert sorted((c.due_at, c.contact.person, c.contact.channel) for c in called) == sorted(
        (at, way.person, way.channel) for at, way in seen
    )


def levels(policy: Policy, overrides: Overrides) -> list[tuple[int, bool]]:
    return [(hole.rung, hole.grave) for hole in holes(policy, overrides, OPENED)]


def test_a_gap_is_grave_only_where_nobody_but_the_catch_all_is_left() -> None:
    assert levels(POLICY, {}) == [(0, False), (1, False)]
    alone = replace(POLICY, steps=POLICY.steps[:2])
    assert levels(alone, {}) == [(0, True), (1, True)]
    beside = replace(POLICY, steps=(Step(0 * MINUTE, RISK.contacts, schedules=("lending",)),))
    assert levels(beside, {}) == [(0, False)]


def test_a_schedule_without_gaps_has_no_holes() -> None:
    whole = {"lending": [override("guest", OPENED, OPENED + LOOK_AHEAD)]}
    assert levels(POLICY, whole) == []
    short = {"lending": [override("guest", OPENED, OPENED + LOOK_AHEAD - 10 * HOUR)]}
    (hole, _) = holes(POLICY, short, OPENED)
    assert hole.gaps == (
        Span(OPENED + LOOK_AHEAD - 10 * HOUR, OPENED + LOOK_AHEAD - 8 * HOUR - 5 * MINUTE),
    )
    assert str(hole) == (
        "policy 'lending', step 1: nobody is on call in schedule 'lending' from 2027-01-19 04:05"
        " to 2027-01-19 06:00 UTC within 60 days, others are told in their place"
    )

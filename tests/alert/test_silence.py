"""A silence is in force from its start to its end, about what it names, and is bounded."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.alert.build import NOW, alert, finding
from tocsin.alert.matching import parse_all
from tocsin.alert.silence import Kind, Silence, check, expire, silenced
from tocsin.base.errors import BadInput, Conflict

HOUR = timedelta(hours=1)
NORTH = alert(finding(slice_="region=north"), system="loans")
SILENCE = Silence(
    id="sil_1",
    kind=Kind.SILENCE,
    matchers=parse_all(["system=loans", "region=north"]),
    starts_at=NOW,
    ends_at=NOW + HOUR,
    author="aspen",
    reason="retraining",
)
MAINTENANCE = replace(
    SILENCE,
    id="sil_2",
    kind=Kind.MAINTENANCE,
    title="New cluster",
    matchers=parse_all(["system=a"]),
)


def test_it_is_in_force_from_its_start_until_just_before_its_end() -> None:
    seconds = {-1: None, 0: SILENCE, 3599: SILENCE, 3600: None}
    for second, expected in seconds.items():
        assert silenced(NORTH, [SILENCE], NOW + timedelta(seconds=second)) == expected, second


def test_only_what_every_matcher_takes_is_silenced() -> None:
    for slice_, system in (("", "loans"), ("region=south", "loans"), ("region=north", "cards")):
        assert silenced(alert(finding(slice_=slice_), system=system), [SILENCE], NOW) is None
    narrower = alert(finding(slice_="region=north&sex=f"), system="loans")
    assert silenced(narrower, [SILENCE], NOW) == SILENCE


def test_of_several_the_one_that_ends_last_is_named() -> None:
    longer = replace(SILENCE, id="sil_0", ends_at=NOW + 2 * HOUR)
    assert silenced(NORTH, [SILENCE, longer], NOW) == longer
    ended = expire(longer, "briar", NOW + HOUR / 2)
    assert silenced(NORTH, [SILENCE, ended], NOW + HOUR / 2) == SILENCE


def test_one_that_was_ended_early_is_over_and_ends_once() -> None:
    ended = expire(SILENCE, "briar", NOW + HOUR / 2)
    assert ended.expired_by == "briar"
    assert silenced(NORTH, [ended], NOW + HOUR / 2) is None
    assert ended.state(NOW + HOUR / 2) == "over"
    for when in (HOUR / 2, HOUR):
        with pytest.raises(Conflict, match="over already"):
            expire(ended, "briar", NOW + when)


def test_one_to_come_can_be_ended_before_it_begins() -> None:
    later = replace(SILENCE, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    assert check(later, NOW).state(NOW) == "scheduled"
    ended = expire(later, "briar", NOW)
    assert silenced(NORTH, [ended], NOW + HOUR) is None


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (replace(SILENCE, ends_at=NOW), "ends_at"),
        (replace(SILENCE, starts_at=NOW - HOUR, ends_at=NOW + HOUR), "starts_at"),
        (replace(SILENCE, ends_at=NOW + timedelta(days=90, seconds=1)), "ends_at"),
        (replace(SILENCE, title="a title"), "title"),
        (replace(MAINTENANCE, title=""), "title"),
        (replace(MAINTENANCE, matchers=parse_all(["region=north"])), "matchers"),
        (replace(MAINTENANCE, matchers=parse_all(["system=~a|b"])), "matchers"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(wrong: Silence, where: str) -> None:
    with pytest.raises(BadInput) as refused:
        check(wrong, NOW)
    assert refused.value.where == where


def test_what_is_fit_is_taken() -> None:
    longest = replace(SILENCE, ends_at=NOW + timedelta(days=90))
    assert check(longest, NOW) == longest
    assert check(MAINTENANCE, NOW) == MAINTENANCE


def test_it_says_who_and_why() -> None:
    assert SILENCE.why == "silenced by aspen until 2026-11-20 15:05 UTC: retraining"
    assert MAINTENANCE.why.startswith("maintenance “New cluster” by aspen until")

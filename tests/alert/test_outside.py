"""Senders repeat themselves, deliver late and restart; an episode is one all the same."""

from dataclasses import replace
from datetime import timedelta

from tests.alert.build import NOW
from tocsin.alert.group import founds
from tocsin.alert.outside import Heard, advance, heard, is_outside
from tocsin.alert.state import AlertState
from tocsin.alert.wording import cleared, line, title
from tocsin.base.slices import Slice
from tocsin.detect.finding import Level, Verdict
from tocsin.ingest.outside import OutsideAlert

MINUTE = timedelta(minutes=1)
BEGAN = NOW - 5 * MINUTE
FIRING = OutsideAlert(
    system="loans",
    source="alertmanager",
    fingerprint="abc",
    rule="Errors",
    title="One in ten calls fails",
    firing=True,
    started_at=BEGAN,
)
OVER = replace(FIRING, firing=False)
FIRST = heard(None, FIRING, NOW)


def later(n: int) -> Heard:
    return heard(FIRST, replace(FIRING, started_at=BEGAN + n * MINUTE), NOW + n * MINUTE)


def test_an_episode_begins_when_they_say_but_never_in_the_future() -> None:
    assert FIRST.started_at == BEGAN
    assert heard(None, replace(FIRING, started_at=None), NOW).started_at == NOW
    ahead = heard(None, replace(FIRING, started_at=NOW + MINUTE), NOW)
    assert ahead.started_at == NOW


def test_a_repeat_says_nothing_new() -> None:
    assert heard(FIRST, FIRING, NOW + MINUTE) == FIRST
    unsaid = replace(FIRING, started_at=None)
    began = heard(None, unsaid, NOW)
    assert heard(began, unsaid, NOW + MINUTE) == began
    assert heard(FIRST, unsaid, NOW + MINUTE) == FIRST


def test_other_words_are_the_same_episode() -> None:
    after = heard(FIRST, replace(FIRING, title="One in five"), NOW + MINUTE)
    assert (after.started_at, after.alert.title) == (BEGAN, "One in five")


def test_it_ends_once_and_keeps_its_words() -> None:
    after = heard(FIRST, replace(OVER, title=""), NOW + MINUTE)
    assert (after.alert.firing, after.alert.title) == (False, FIRING.title)
    assert heard(after, OVER, NOW + 2 * MINUTE) == after
    unknown = heard(None, OVER, NOW)
    assert not unknown.alert.firing


def test_a_later_start_is_another_episode() -> None:
    after = later(3)
    assert after.started_at == BEGAN + 3 * MINUTE
    assert (
        heard(after, OVER, NOW + 4 * MINUTE) == after
    )  # the end of the one before, delivered late


def test_firing_again_after_the_end_is_another_episode_even_under_the_old_start() -> None:
    ended = heard(FIRST, OVER, NOW + MINUTE)
    again = heard(ended, FIRING, NOW + 2 * MINUTE)
    assert (again.alert.firing, again.started_at) == (True, NOW + 2 * MINUTE)
    assert heard(again, FIRING, NOW + 3 * MINUTE) == again


def test_it_fires_at_once_and_repeats_change_nothing() -> None:
    changes = advance([], [FIRST], NOW)
    (alert,) = changes.opened
    assert (alert.state, alert.started_at, alert.fired_at) == (AlertState.FIRING, BEGAN, NOW)
    assert is_outside(alert)
    assert founds(alert.finding)
    assert advance([alert], [FIRST], NOW + MINUTE).all == ()


def test_it_is_resolved_when_it_fires_no_more() -> None:
    (alert,) = advance([], [FIRST], NOW).opened
    (over,) = advance([alert], [], NOW + MINUTE).resolved
    assert (over.state, over.resolved_at) == (AlertState.RESOLVED, NOW + MINUTE)
    assert over.finding.verdict is Verdict.OK


def test_the_next_episode_opens_after_the_last_is_closed() -> None:
    (alert,) = advance([], [FIRST], NOW).opened
    changes = advance([alert], [later(3)], NOW + 3 * MINUTE)
    assert (len(changes.resolved), changes.opened) == (1, ())
    (opened,) = advance([], [later(3)], NOW + 3 * MINUTE).opened
    assert opened.episode != alert.episode


def test_a_ticket_that_turns_grave_is_at_its_worst() -> None:
    mild = heard(None, replace(FIRING, pages=False), NOW)
    (alert,) = advance([], [mild], NOW).opened
    assert not founds(alert.worst)
    grave = heard(mild, FIRING, NOW + MINUTE)
    (alert,) = advance([alert], [grave], NOW + MINUTE).continued
    assert alert.worst.level is Level.PAGE
    (alert,) = advance([alert], [mild], NOW + MINUTE).continued
    assert (alert.finding.level, alert.worst.level) == (Level.TICKET, Level.PAGE)


def test_fingerprints_of_different_sources_and_systems_never_meet() -> None:
    names = {
        replace(FIRST, alert=replace(FIRING, **change)).fingerprint
        for change in (
            {},
            {"system": "cards"},
            {"source": "grafana"},
            {"fingerprint": "abd"},
            {"source": "alertmanagera", "fingerprint": "bc"},
        )
    }
    assert len(names) == 5
    north = replace(FIRING, slice=Slice.of({"region": "north"}))
    assert replace(FIRST, alert=north).fingerprint == FIRST.fingerprint


def test_it_is_told_in_its_own_words() -> None:
    (alert,) = advance([], [FIRST], NOW).opened
    assert (
        title("loans", alert.finding, BEGAN, NOW) == "loans: One in ten calls fails since 14:00 UTC"
    )
    assert line(alert.finding) == "One in ten calls fails for everyone (says alertmanager)"
    (over,) = advance([alert], [], NOW).resolved
    assert cleared(over.finding) == "cleared: One in ten calls fails for everyone"

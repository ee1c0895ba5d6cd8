"""What is quiet now, what a matcher would take, and why nobody was called."""

from dataclasses import replace

from tests.store.examples import HOUR, MINUTE, NOW, alert
from tocsin.alert.inhibit import DEFAULTS
from tocsin.alert.matching import parse_all
from tocsin.alert.quiet import Hold, Reason, suppressed
from tocsin.alert.silence import Kind, Silence, expire
from tocsin.alert.state import AlertState
from tocsin.web.views.marks import Mark
from tocsin.web.views.silences import kept, matched, silences

ACTIVE = Silence(
    id="sil_1",
    kind=Kind.SILENCE,
    matchers=parse_all(["system=loans"]),
    starts_at=NOW - HOUR,
    ends_at=NOW + HOUR,
    author="aspen",
    reason="known",
)
WINDOW = replace(
    ACTIVE, id="sil_2", kind=Kind.MAINTENANCE, title="Disks", starts_at=NOW + HOUR,
    ends_at=NOW + 2 * HOUR,
)  # fmt: skip
OVER = expire(replace(ACTIVE, id="sil_3"), "aspen", NOW - MINUTE)
FIRING = alert(AlertState.FIRING)
QUIET = suppressed(FIRING.alert, Hold(Reason.SILENCE, "sil_1", "silenced"), NOW)


def test_silences_stand_where_their_time_puts_them() -> None:
    view = silences([ACTIVE, WINDOW, OVER, ACTIVE], DEFAULTS, [QUIET], NOW)
    assert [line.silence.id for line in view.active] == ["sil_1"]
    assert [line.silence.id for line in view.future] == ["sil_2"]
    assert [line.silence.id for line in view.over] == ["sil_3"]
    assert (view.answer, view.lead) == (
        "1 silence is in force.",
        "1 alert calls nobody because of it.",
    )
    later = silences([ACTIVE, WINDOW, OVER], DEFAULTS, [], WINDOW.starts_at)
    assert later.answer == "1 maintenance window is in force."


def test_nothing_silenced_is_said_and_is_no_risk() -> None:
    view = silences([], (), [], NOW)
    assert (view.mark, view.answer) == (Mark.HEALTHY, "Nothing is silenced.")


def test_an_alert_that_another_explains_counts_as_quiet_until_it_is_over() -> None:
    held = suppressed(FIRING.alert, Hold(Reason.INHIBITED, "beef", "explained"), NOW)
    assert silences([], DEFAULTS, [held], NOW).inhibited == 1
    assert silences([], DEFAULTS, [replace(held, over_at=NOW)], NOW).inhibited == 0


def test_a_preview_takes_what_the_matchers_take_and_nothing_that_is_over() -> None:
    here, elsewhere = parse_all(["system=loans"]), parse_all(["system=cards"])
    over = replace(FIRING, fingerprint="beef", state=AlertState.RESOLVED)
    (one,) = matched(here, [over, FIRING])
    assert one.says == "firing, and in no incident"
    assert matched(elsewhere, [over, FIRING]) == ()
    (called,) = matched(here, [replace(FIRING, incident="inc_1")])
    assert called.mark is Mark.HARM


def test_what_one_silence_keeps_quiet_at_once_is_one_line() -> None:
    other = replace(QUIET, fingerprint="beef")
    later = replace(QUIET, fingerprint="cafe", at=NOW + MINUTE)
    lines = kept([later, QUIET, other])
    assert [(line.row.at, line.more) for line in lines] == [(NOW + MINUTE, 0), (NOW, 1)]

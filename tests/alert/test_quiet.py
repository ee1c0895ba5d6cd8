"""What keeps an alert quiet is named, and told in one line however many alerts it keeps quiet."""

from dataclasses import replace
from datetime import timedelta

from tests.alert.build import NOW, alert, finding
from tocsin.alert.inhibit import DEFAULTS
from tocsin.alert.matching import parse_all
from tocsin.alert.quiet import Hold, Reason, holds, lines, of_closed, of_level, suppressed
from tocsin.alert.silence import Kind, Silence
from tocsin.detect.finding import Layer, Level

HOUR = timedelta(hours=1)
NO_DATA = alert(finding(layer=Layer.HEALTH, measure="silence", value=7200.0, baseline=0.0))
ACCURACY = alert(finding(measure="accuracy"))
SILENCE = Silence(
    id="sil_1",
    kind=Kind.SILENCE,
    matchers=parse_all(["measure=silence"]),
    starts_at=NOW,
    ends_at=NOW + HOUR,
    author="aspen",
    reason="holiday",
)
WINDOW = replace(SILENCE, id="sil_2", kind=Kind.MAINTENANCE, title="Move")


def reasons(held: dict[str, Hold]) -> dict[str, tuple[Reason, str]]:
    return {name: (hold.reason, hold.by) for name, hold in held.items()}


def test_each_is_held_by_what_keeps_it_quiet() -> None:
    both = [NO_DATA, ACCURACY]
    assert reasons(holds(both, both, [], DEFAULTS, NOW)) == {
        ACCURACY.fingerprint: (Reason.INHIBITED, NO_DATA.fingerprint)
    }
    assert reasons(holds([NO_DATA], both, [WINDOW], DEFAULTS, NOW)) == {
        NO_DATA.fingerprint: (Reason.MAINTENANCE, "sil_2")
    }
    assert holds(both, both, [], (), NOW) == {}


def test_what_is_silenced_explains_nothing() -> None:
    both = [NO_DATA, ACCURACY]
    held = holds(both, both, [SILENCE], DEFAULTS, NOW)
    assert reasons(held) == {NO_DATA.fingerprint: (Reason.SILENCE, "sil_1")}
    after = holds(both, both, [SILENCE], DEFAULTS, NOW + HOUR)
    assert reasons(after) == {ACCURACY.fingerprint: (Reason.INHIBITED, NO_DATA.fingerprint)}


def test_one_with_an_incident_already_still_explains_despite_a_silence() -> None:
    held = holds([ACCURACY], [NO_DATA, ACCURACY], [SILENCE], DEFAULTS, NOW)
    assert reasons(held) == {ACCURACY.fingerprint: (Reason.INHIBITED, NO_DATA.fingerprint)}


def test_a_level_says_why_it_wakes_nobody() -> None:
    assert "ticket" in of_level(finding(level=Level.TICKET)).why
    assert of_level(finding(layer=Layer.DRIFT)).why == "drift alone shows no harm and wakes nobody"


def test_what_fires_on_after_its_incident_lasts_until_it_clears() -> None:
    hold = of_closed("inc_1")
    assert (hold.reason, hold.by) == (Reason.CLOSED, "inc_1")
    assert suppressed(ACCURACY, hold, NOW, "inc_1").over_at is None


def test_what_lasts_has_no_end_yet_and_what_is_said_once_has() -> None:
    hold = Hold(Reason.SILENCE, "sil_1", SILENCE.why)
    assert suppressed(ACCURACY, hold, NOW).over_at is None
    once = Hold(Reason.DUPLICATE, "inc_1", "joined")
    assert suppressed(ACCURACY, once, NOW, "inc_1").over_at == NOW
    assert suppressed(ACCURACY, hold, NOW).hold == hold


def test_one_line_for_each_thing_however_many_alerts() -> None:
    hold = Hold(Reason.SILENCE, "sil_1", SILENCE.why)
    many = [alert(finding(slice_=f"region=r{k}")) for k in range(30)]
    rows = [suppressed(one, hold, NOW) for one in many]
    (line,) = lines(rows, NOW)
    assert line == (
        "kept quiet: approvals fell from 31.2 % to 4.0 % for region=r0 and 29 more; "
        "silenced by aspen until 2026-11-20 15:05 UTC: holiday"
    )
    (line,) = lines(rows, NOW + HOUR)
    assert line.startswith("nobody was called from 2026-11-20 14:05 to 2026-11-20 15:05 UTC: ")
    graded = suppressed(ACCURACY, Hold(Reason.SEVERITY, "inc_1", "SEV3 waits"), NOW, "inc_1")
    assert lines([*rows, graded], NOW)[1] == "nobody is called: SEV3 waits"

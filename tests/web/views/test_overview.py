from dataclasses import replace
from datetime import timedelta

from tests.web.views.nouns import HOUR, INCIDENT, MINUTE, NOW, finding
from tocsin.base.spans import Span
from tocsin.detect.finding import Level, Verdict
from tocsin.incident.incident import Severity, State
from tocsin.ingest.system import System
from tocsin.store.stages import Stage
from tocsin.web.views.marks import Mark
from tocsin.web.views.overview import Overview, Watched, overview

DAY = Span(NOW - timedelta(days=1), NOW)
OK = finding(verdict=Verdict.OK, level=Level.INFO)
ALIVE = Stage("detect", "", NOW - MINUTE / 6, "", 0, NOW)
QUIET = Watched(
    system=System(name="fraud"),
    findings=[OK],
    evaluated_at=NOW,
    open_incidents=[],
    decisions=[10] * 24,
    span=DAY,
)
HIT = replace(QUIET, system=System(name="loans"), open_incidents=[INCIDENT])


def page(*watched: Watched, stages: tuple[Stage, ...] = (ALIVE,)) -> Overview:
    opened = [(incident, 1284) for one in watched for incident in one.open_incidents]
    return overview(watched, opened, stages, now=NOW, stale_after=MINUTE)


def test_the_first_line_says_whether_somebody_is_needed() -> None:
    assert page().answer == "No system is watched yet."
    assert page(QUIET).answer == "fraud is healthy."
    assert (
        page(QUIET, replace(QUIET, system=System(name="b"))).answer == "All 2 systems are healthy."
    )
    seen = page(QUIET, HIT)
    assert (seen.mark, seen.answer) == (Mark.HARM, "1 system needs you.")
    assert seen.lead == "INC-42 open for 16 min, nobody has it yet. 1 healthy."


def test_a_contained_incident_says_since_when() -> None:
    alone = replace(INCIDENT, state=State.CONTAINED, contained_at=NOW - 12 * MINUTE)
    seen = page(replace(HIT, open_incidents=[replace(alone, acknowledged_at=NOW - MINUTE)]))
    assert seen.mark is Mark.CONTAINED
    assert seen.lead == "INC-42 open for 16 min, contained 12 min ago."
    seen = page(replace(HIT, open_incidents=[alone]))
    assert seen.lead == "INC-42 open for 16 min, contained 12 min ago, and nobody has it yet."
    assert seen.incidents[0].doing == "contained, nobody has it yet"


def test_whoever_is_harmed_stands_first() -> None:
    unjudged = replace(QUIET, system=System(name="a"), findings=[])
    risky = replace(QUIET, system=System(name="b"), findings=[finding(level=Level.TICKET)])
    order = [line.name for line in page(QUIET, unjudged, risky, HIT).systems]
    assert order == ["loans", "b", "a", "fraud"]


def test_incidents_that_nobody_has_come_before_contained_ones_of_the_same_gravity() -> None:
    contained = replace(INCIDENT, number=1, state=State.CONTAINED)
    had = replace(INCIDENT, acknowledged_at=NOW - MINUTE, severity=Severity.SEV1)
    taken = replace(had, number=2, state=State.ACKNOWLEDGED)
    seen = page(replace(HIT, open_incidents=[contained, taken, INCIDENT]))
    assert [line.incident.number for line in seen.incidents] == [42, 2, 1]


def test_bars_turn_red_only_while_the_incident_ran() -> None:
    ran = replace(INCIDENT, impact_from=NOW - 5 * HOUR, recovered_at=NOW - 2 * HOUR - MINUTE)
    bars = page(replace(HIT, open_incidents=[ran])).systems[0].bars
    assert [place for place, bar in enumerate(bars) if bar.hit] == [19, 20, 21]


def test_a_silent_or_failing_watcher_is_named() -> None:
    silent = replace(ALIVE, at=NOW - HOUR)
    failing = replace(ALIVE, stage="profile", failures=3, note="disk full", system="loans")
    said = page(QUIET, stages=(silent, failing)).problems
    assert said == (
        "The stage detect last reported 1 h ago.",
        "The stage profile has failed 3 times in a row for loans: disk full",
    )
    assert "nothing is being watched" in page(QUIET, stages=()).problems[0]

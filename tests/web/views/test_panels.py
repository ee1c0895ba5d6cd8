from dataclasses import replace
from datetime import timedelta

import numpy as np

from tests.detect.shelves import SHELF, Fault, look, table, usual, window
from tests.web.views.nouns import HOUR, INCIDENT, NOW
from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import Span
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.lists import lists
from tocsin.web.views.marks import Mark
from tocsin.web.views.panels import Counted, shades, system_chart

SPAN = Span(NOW - 10 * HOUR, NOW)
RUNNING = replace(INCIDENT, impact_from=NOW - 2 * HOUR)
OVER = replace(INCIDENT, impact_from=NOW - 20 * HOUR, recovered_at=NOW - 8 * HOUR)


def test_harm_is_shaded_from_impact_to_recovery_within_the_chart() -> None:
    spans = [shade.span for shade in shades([RUNNING, OVER], EVERYONE, SPAN)]
    assert spans == [Span(SPAN.start, NOW - 8 * HOUR), Span(NOW - 2 * HOUR, NOW)]


def test_incidents_that_overlap_are_shaded_once() -> None:
    second = replace(RUNNING, impact_from=NOW - 3 * HOUR, recovered_at=NOW - HOUR)
    spans = [shade.span for shade in shades([RUNNING, second], EVERYONE, SPAN)]
    assert spans == [Span(NOW - 3 * HOUR, NOW)]


def test_an_incident_of_others_does_not_shade_a_slice() -> None:
    assert shades([RUNNING], Slice.of({"region": "south"}), SPAN) == ()
    assert len(shades([RUNNING], Slice.of({"sex": "f"}), SPAN)) == 1


def test_an_incident_that_was_only_contained_is_shaded_until_then() -> None:
    contained = replace(RUNNING, contained_at=NOW - HOUR)
    assert shades([contained], EVERYONE, SPAN)[0].span.end == NOW - HOUR


def test_lists_have_panels_of_their_own_and_positions_do_not_colour_the_whole() -> None:
    r = np.random.default_rng(1)
    spec, baseline = usual(300, r)
    seen = look(window(table(1500, r, Fault(shuffled=0.9, device="")), spec), spec, baseline)
    said: list[Finding] = [
        replace(f, verdict=Verdict.OK) if f.measure == "ctr" and f.column is None else f
        for f in lists(seen, fixed=True)
    ]
    loud = {(f.measure, f.column) for f in said if f.verdict is Verdict.ALARM}
    assert loud >= {("ndcg", None), ("ctr", "position 1")}
    counted = Counted(
        layout=seen.layout,
        span=seen.window.span,
        step=timedelta(days=1),
        slice=EVERYONE,
        sums=seen.current[:1].astype(np.int64),
        blocks=[],
        groups={},
    )
    panels = {panel.key: panel for panel in system_chart(counted, SHELF, said, [], []).panels}
    assert list(panels)[1:4] == ["hit_rate", "ctr", "ndcg"]
    assert panels["mix"].title == "Lists by the item on top"
    assert panels["ndcg"].lines[0].mark is Mark.HARM
    assert panels["ctr"].lines[0].mark is None
    (whole,) = [f for f in said if (f.measure, f.column, f.slice) == ("ctr", None, EVERYONE)]
    (place,) = panels["ctr"].lines[0].points
    assert place.value == whole.value

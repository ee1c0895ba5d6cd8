from dataclasses import replace

from tests.web.views.nouns import HOUR, INCIDENT, NOW
from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import Span
from tocsin.web.views.panels import shades

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

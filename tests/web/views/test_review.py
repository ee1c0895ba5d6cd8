from tests.learn.cases import TRIED, minutes, records
from tests.web.views.nouns import HOUR, MINUTE, NOW
from tocsin.learn.draft import draft
from tocsin.learn.response import ResponseBudget, ResponseTimes
from tocsin.learn.review import Mark as Instant
from tocsin.web.views.marks import Mark
from tocsin.web.views.review import NARROWEST, review_page, spans, strip

INSTANTS = (
    Instant("impact began", NOW),
    Instant("detected", NOW + 14 * MINUTE),
    Instant("contained", NOW + 26 * MINUTE),
    Instant("recovered", NOW + 60 * MINUTE),
)


def test_the_strip_is_drawn_to_scale_where_every_stretch_can_be_seen() -> None:
    segments, to_scale = strip(INSTANTS)
    assert to_scale
    assert [(s.name, s.lasts, s.mark) for s in segments] == [
        ("impact began", "14 min", Mark.HARM),
        ("detected", "12 min", Mark.HARM),
        ("contained", "34 min", Mark.CONTAINED),
    ]
    assert abs(segments[0].width - 14 / 60 * 100) < 0.1
    assert abs(segments[-1].x + segments[-1].width - 100) < 0.1


def test_a_short_stretch_is_widened_and_the_strip_says_so() -> None:
    late = (*INSTANTS, Instant("resolved", NOW + 50 * HOUR))
    segments, to_scale = strip(late)
    assert not to_scale
    assert min(s.width for s in segments) > NARROWEST * 0.8
    assert abs(sum(s.width for s in segments) - 100) < 0.1


def test_nothing_is_drawn_of_a_single_instant() -> None:
    assert strip(INSTANTS[:1]) == ((), True)


def test_a_response_time_that_never_came_is_a_dash() -> None:
    times = ResponseTimes(mttd=14 * MINUTE, mtta=None, mttc=26 * MINUTE, mttr=None)
    assert [span.lasts for span in spans(times)] == ["14 min", "–", "26 min", "–"]


def test_a_verdict_on_a_canary_is_told_with_the_harm_it_rests_on() -> None:
    ids = ("act_1", "act_2", "act_3", "act_4")
    drafted = draft(
        records(trials=(TRIED,)), now=minutes(60), action_ids=ids, budget=ResponseBudget()
    )
    (one,) = review_page(drafted, now=minutes(60)).trials
    (call,) = one.calls
    assert (call.at, call.page.mark, call.more) == (minutes(40), Mark.HARM, 0)
    assert call.beside[0].startswith("Error rate of employer=government: 16.0 % of 1,000")

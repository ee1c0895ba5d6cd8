"""The public is told what a person wrote, once, and nothing of it changes afterwards."""

import re
from dataclasses import replace

import pytest

from tests.incident.public import CARDS, HOUR, KNOWN, LOANS, MINUTE, NOW, incident, over, published
from tests.incident.public import told as said
from tocsin.base.errors import BadInput, Conflict
from tocsin.base.slices import Slice
from tocsin.incident.bulletin import (
    RULE,
    TEXT_MAX_CHARS,
    Level,
    Stage,
    Stretch,
    asked_by_rule,
    neutral,
    publish,
    stretches,
    update,
    wording,
)
from tocsin.incident.incident import Severity, State


def test_a_bulletin_takes_nothing_of_the_incident_but_its_id_and_beginning() -> None:
    one = published()
    assert (one.incident, one.began_at) == ("inc_42", NOW - HOUR)
    for word in ("recall", "v20", "region", "INC-42", "denials", "loan-approval"):
        assert word not in repr(replace(one, incident=""))
    assert (one.last.stage, one.last.by, one.resolved_at) == (Stage.INVESTIGATING, "aspen", None)


def test_what_was_said_stays_and_posts_are_added() -> None:
    one = published()
    two = update(
        one, said("We found it.", Stage.IDENTIFIED), id_="p2", by="briar", now=NOW + MINUTE
    )
    three = over(two, NOW + HOUR)
    assert three.posts[:2] == two.posts
    assert two.posts[0] == one.posts[0]
    assert three.resolved_at == NOW + HOUR
    with pytest.raises(Conflict, match="publish another"):
        update(three, said(), id_="p4", by="aspen", now=NOW + 2 * HOUR)


def test_a_post_dates_it_anew_where_somebody_has_said_since_when() -> None:
    as_before = update(published(), said(), id_="p2", by="briar", now=NOW)
    assert as_before.began_at == NOW - HOUR
    anew = update(as_before, said(), id_="p3", by="briar", now=NOW, began_at=NOW - 3 * HOUR)
    assert anew.began_at == NOW - 3 * HOUR
    assert update(anew, said(), id_="p4", by="briar", now=NOW).began_at == NOW - 3 * HOUR


def test_posts_stay_in_order_when_a_clock_is_behind() -> None:
    two = update(published(), said("Later."), id_="p2", by="briar", now=NOW - HOUR)
    assert [post.at for post in two.posts] == [NOW, NOW]


@pytest.mark.parametrize(
    ("text", "level", "where"),
    [
        ("  ", Level.AFFECTED, "text"),
        ("x" * (TEXT_MAX_CHARS + 1), Level.AFFECTED, "text"),
        ("well", Level.OPERATIONAL, "level"),
        ("well", Level.MAINTENANCE, "level"),
    ],
)
def test_what_says_nothing_or_too_much_is_refused(text: str, level: Level, where: str) -> None:
    with pytest.raises(BadInput) as refused:
        update(published(), said(text, level=level), id_="p", by="aspen", now=NOW)
    assert refused.value.where == where


@pytest.mark.parametrize("keys", [[], ["loans", "shop"]])
def test_only_known_components_can_be_named(keys: list[str]) -> None:
    with pytest.raises(BadInput, match="choose of cards, loans"):
        publish(
            incident(),
            said(),
            ids=("b", "p"),
            title="t",
            components=keys,
            known=KNOWN,
            by="aspen",
            now=NOW,
        )


def test_the_rule_publishes_grave_open_incidents_about_the_components_they_touch() -> None:
    grave = incident(Severity.SEV2)
    assert asked_by_rule(grave, Severity.SEV2, KNOWN) == (LOANS,)
    assert asked_by_rule(grave, Severity.SEV1, KNOWN) == ()
    assert asked_by_rule(grave, None, KNOWN) == ()
    assert asked_by_rule(grave, Severity.SEV2, (CARDS,)) == ()
    ended = replace(grave, state=State.RESOLVED, resolved_at=NOW)
    assert asked_by_rule(ended, Severity.SEV2, KNOWN) == ()


def test_a_component_of_a_slice_is_touched_by_whom_it_can_share() -> None:
    south = replace(LOANS, slice=Slice.of({"region": "south"}))
    women = replace(LOANS, slice=Slice.of({"sex": "f"}))
    assert not south.touches(incident())
    assert women.touches(incident())


def test_fixed_words_name_the_component_and_only_wording_of_a_person_names_a_slice() -> None:
    assert neutral(KNOWN) == "Disturbance of Loan applications, Card payments"
    assert wording(KNOWN, incident().slice) == "people who live in the north"
    assert wording(KNOWN, Slice.of({"region": "south"})) == ""
    by_rule = replace(published(), posts=tuple(replace(p, by=RULE) for p in published().posts))
    assert by_rule.by_rule
    assert not published().by_rule


def test_levels_over_time_follow_the_posts() -> None:
    better = said("It works again, slowly.", Stage.MONITORING, Level.DEGRADED)
    one = update(published(), better, id_="p2", by="aspen", now=NOW + HOUR)
    began = NOW - HOUR
    assert stretches(one) == [
        Stretch(began, NOW + HOUR, Level.AFFECTED),
        Stretch(NOW + HOUR, None, Level.DEGRADED),
    ]
    assert stretches(over(one, NOW + 2 * HOUR))[-1].end == NOW + 2 * HOUR
    at_once = publish(
        incident(),
        said("It was and is over.", Stage.RESOLVED),
        ids=("b", "p"),
        title="t",
        components=["loans"],
        known=KNOWN,
        by="aspen",
        now=NOW,
    )
    assert stretches(at_once) == [Stretch(began, NOW, Level.AFFECTED)]


def test_a_title_is_one_line() -> None:
    one = publish(
        incident(),
        said(),
        ids=("b", "p"),
        title=" Two\nlines ",
        components=["loans", "loans"],
        known=KNOWN,
        by="aspen",
        now=NOW,
    )
    assert re.fullmatch("Two lines", one.title)
    assert one.components == ("loans",)

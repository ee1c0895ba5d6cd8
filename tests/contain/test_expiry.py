from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contain.cases import NOON, directive
from tocsin.base.slices import EVERYONE
from tocsin.contain.directive import Action
from tocsin.contain.expiry import ExpiryStage, announcements, follower, warn_at


@pytest.mark.parametrize(
    ("hours", "left_min"), [(4, 24), (0.5, 5), (0.1, 3)], ids=["tenth", "five minutes", "half"]
)
def test_the_end_is_announced_ahead(hours: float, left_min: float) -> None:
    one = directive(hours=hours)
    assert one.expires_at - warn_at(one) == timedelta(minutes=left_min)


def test_each_stage_is_said_once_and_at_its_time() -> None:
    one, said = directive(hours=4), set[str]()
    told: list[tuple[float, ExpiryStage]] = []
    for minute in range(0, 300, 6):
        for a in announcements([one], said, NOON + timedelta(minutes=minute)):
            told.append((minute, a.stage))
            said.add(a.key)
    assert told == [(216, ExpiryStage.SOON), (240, ExpiryStage.EXPIRED)]


def test_what_ended_while_we_were_down_is_said_as_ended_only() -> None:
    due = announcements([directive(hours=1)], set(), NOON + timedelta(hours=9))
    assert [a.stage for a in due] == [ExpiryStage.EXPIRED]
    assert "the system decides for region=north again" in due[0].text


def test_a_reverted_directive_ends_silently() -> None:
    over = replace(directive(hours=1), reverted_at=NOON)
    assert announcements([over], set(), NOON + timedelta(hours=9)) == []


def test_an_end_that_another_directive_extends_is_no_end() -> None:
    one = directive(hours=4)
    more = replace(directive(hours=6, id_="dir_2"), plan="plan_2")
    assert announcements([one], (), NOON + timedelta(minutes=220), [one, more]) == []
    (ended,) = announcements([one], (), one.expires_at, [one, more])
    assert ended.extended
    assert ended.text == (
        "“region=north goes to the fallback rules” ended at 16:00 UTC, but containment goes on:"
        " region=north goes to the fallback rules until 18:00 UTC by plan plan_2."
    )
    # reverted meanwhile, it extends nothing
    lifted = replace(more, reverted_at=NOON + timedelta(hours=1))
    (soon,) = announcements([one], (), NOON + timedelta(minutes=220), [one, lifted])
    assert "containment ends at 16:00 UTC" in soon.text


def test_what_decides_otherwise_from_then_on_is_named() -> None:
    one = directive(hours=4)
    wider = directive(Action.REVIEW, EVERYONE, hours=6, id_="dir_2")
    (soon,) = announcements([one], (), NOON + timedelta(minutes=220), [one, wider])
    assert "from 16:00 UTC on everyone goes to human review until 18:00 UTC." in soon.text
    (ended,) = announcements([one], (), one.expires_at, [one, wider])
    assert not ended.extended
    assert "the system decides" not in ended.text


@pytest.mark.parametrize("action", [Action.CANARY, Action.FREEZE])
def test_what_decides_for_few_or_nobody_goes_on_with_nothing(action: Action) -> None:
    one = directive(hours=4)
    other = replace(directive(action, EVERYONE, hours=6, id_="dir_2"), share=0.1)
    (ended,) = announcements([one], (), one.expires_at, [one, other])
    assert "the system decides for region=north again" in ended.text


def test_what_an_actuator_has_not_put_back_is_said() -> None:
    one, outside = directive(hours=4), {"dir_1": ["registry", "flag"]}
    (ended,) = announcements([one], (), one.expires_at, [one], outside)
    assert ended.text.endswith(
        "the system decides for region=north again once registry and flag are put back."
    )
    beside = directive(Action.FREEZE, hours=4)
    (ended,) = announcements([beside], (), one.expires_at, [beside], {"dir_1": ["flag"]})
    assert ended.text.endswith("ended at 16:00 UTC. flag is being put back.")


def test_of_one_version_an_end_is_taken_over_by_what_holds_for_that_version() -> None:
    one = replace(directive(hours=4), of_version="v2")
    for version, taken in (("v2", True), (None, True), ("v1", False)):
        review = directive(Action.REVIEW, hours=6, id_="dir_2")
        after = follower(one, [replace(review, of_version=version)])
        assert (after is not None) is taken
    # of everyone the end is not taken over by what is of one version
    assert follower(directive(hours=4), [replace(one, id="dir_2", expires_at=NOON)]) is None
    longer = replace(directive(hours=6, id_="dir_2"), of_version="v2")
    assert follower(directive(hours=4), [longer]) is None
    # nor is the end of a version's containment by everyone's going back to that version
    back = replace(directive(Action.ROLLBACK, hours=6, id_="dir_2"), to_version="v2")
    assert follower(one, [back]) is None
    (ended,) = announcements([one], (), one.expires_at)
    assert "version v2 decides for region=north again" in ended.text

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store import examples
from tests.store.examples import WOMEN
from tocsin.contain.directive import Action
from tocsin.contain.plan import NOT_KNOWN, Plan, Reach, Step
from tocsin.web.views.blast import blasts

REACH = Reach(share=0.33, decisions_per_hour=400.0, n=820)


def plan(action: Action, **more: object) -> Plan:
    step = Step(action=action, for_=timedelta(hours=4), **more)  # pyright: ignore[reportArgumentType]
    return replace(examples.plan(), steps=(step,), reach=REACH)


@pytest.mark.parametrize(
    ("made", "shares", "says"),
    [
        (plan(Action.FALLBACK), (0.33, 0.33), "33 %, about 400 an hour"),
        (plan(Action.CANARY, share=0.2), (0.33, 0.066), "7 %, about 80 an hour"),
        (plan(Action.SHADOW, share=0.2), (0.33, 0.0), "0 %, about 0 an hour"),
        (plan(Action.NOTIFY), (0.33, 0.0), "0 %, about 0 an hour"),
        (plan(Action.THRESHOLD, threshold=0.4), (0.33, 0.33), "at most 33 %, about 400 an hour"),
        (plan(Action.KILL), (1.0, 1.0), "100 %, about 400 an hour"),
    ],
    ids=["fallback", "canary", "shadow", "notify", "threshold", "kill"],
)
def test_what_is_touched_and_what_is_decided_otherwise(
    made: Plan, shares: tuple[float, float], says: str
) -> None:
    (shown,) = blasts(made)
    assert tuple(bar.share for bar in shown.bars) == pytest.approx(shares)
    assert shown.bars[1].says == says
    assert "Counted on 820 decisions." in shown.says, "the text alternative"


def test_where_nothing_was_counted_nothing_is_drawn() -> None:
    (unseen,) = blasts(replace(plan(Action.REVIEW), reach=NOT_KNOWN))
    (quiet,) = blasts(replace(plan(Action.REVIEW), reach=replace(REACH, share=0.0, n=0)))
    assert unseen.bars == quiet.bars == ()
    assert unseen.says.startswith("Reach not known")
    assert quiet.says == "No traffic seen there lately."


def test_each_step_is_drawn_by_itself() -> None:
    first, second = plan(Action.FALLBACK).steps[0], plan(Action.CANARY, share=0.5).steps[0]
    far = replace(REACH, share=0.8)
    both = replace(plan(Action.FALLBACK), steps=(first, replace(second, slice=WOMEN, reach=far)))
    one, other = blasts(both)
    assert [bar.share for bar in one.bars] == [0.33, 0.33]
    assert [bar.share for bar in other.bars] == [0.8, 0.4]
    assert one.name == "Send everyone to the fallback rules"
    assert other.name.startswith("Decide 50 % of sex=f")
    assert blasts(plan(Action.FALLBACK))[0].name == ""


def test_what_is_there_at_all_is_seen() -> None:
    little = replace(plan(Action.REVIEW), reach=replace(REACH, share=0.0004))
    bar = blasts(little)[0].bars[0]
    assert (bar.says, bar.width) == ("0.0 % of traffic", 0.6)

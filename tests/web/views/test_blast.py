from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store import examples
from tocsin.contain.directive import Action
from tocsin.contain.plan import Plan, Reach, Step
from tocsin.web.views.blast import blast

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
    shown = blast(made)
    assert tuple(bar.share for bar in shown.bars) == pytest.approx(shares)
    assert shown.bars[1].says == says
    assert "Counted on 820 decisions." in shown.says, "the text alternative"


def test_where_nothing_was_counted_nothing_is_drawn() -> None:
    unseen = replace(
        plan(Action.REVIEW), reach=Reach(share=float("nan"), decisions_per_hour=0.0, n=0)
    )
    assert blast(unseen).bars == ()
    assert "not known" in blast(unseen).says


def test_what_is_there_at_all_is_seen() -> None:
    little = replace(plan(Action.REVIEW), reach=replace(REACH, share=0.0004))
    bar = blast(little).bars[0]
    assert (bar.says, bar.width) == ("0.0 % of traffic", 0.6)

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.learn.cases import SLICE, finding, minutes
from tocsin.base.errors import Conflict
from tocsin.base.spans import Span
from tocsin.detect.finding import Layer, Verdict
from tocsin.ingest.change import Change, ChangeKind
from tocsin.learn.actions import (
    ActionItem,
    ActionState,
    Check,
    CheckKind,
    Evidence,
    close,
    judge,
)


def item(check: Check) -> ActionItem:
    return ActionItem(
        id="act_1",
        incident="inc_1",
        title="…",
        owner="lending",
        opened_at=minutes(60),
        due_at=minutes(60) + timedelta(days=7),
        check=check,
        state=ActionState.OPEN,
    )


MONITOR = item(
    Check(kind=CheckKind.MONITOR, layer="drift", measure="psi", column="income", slice=SLICE)
)
OK = finding(
    Layer.DRIFT,
    "psi",
    "income",
    verdict=Verdict.OK,
    window=Span(minutes(61), minutes(71)),
)


def test_a_monitor_passes_only_on_ok_in_a_window_that_began_after_the_item() -> None:
    assert judge(MONITOR, Evidence(findings=[OK])).passes
    for other in (
        replace(OK, window=Span(minutes(50), minutes(61))),
        replace(OK, window=None),
        replace(OK, verdict=Verdict.ALARM),
        replace(OK, verdict=Verdict.INSUFFICIENT),
        replace(OK, column="age"),
    ):
        assert not judge(MONITOR, Evidence(findings=[other])).passes


def test_silence_never_passes() -> None:
    for kind in CheckKind:
        assert not judge(item(Check(kind=kind, target="deploy")), Evidence()).passes


def test_ledger_drill_and_change_pass_on_their_evidence() -> None:
    ledger = item(Check(kind=CheckKind.LEDGER))
    assert judge(ledger, Evidence(unremedied=0)).passes
    assert "3 decisions left" in judge(ledger, Evidence(unremedied=3)).why
    drill = item(Check(kind=CheckKind.DRILL, target="iris"))
    assert judge(drill, Evidence(drills_passed={"iris"})).passes
    change = item(Check(kind=CheckKind.CHANGE, target="deploy"))
    done = Change(id="chg_2", at=minutes(70), system="loans", kind=ChangeKind.DEPLOY, title="v21")
    assert judge(change, Evidence(changes=[done])).passes
    assert not judge(change, Evidence(changes=[replace(done, at=minutes(50))])).passes


def test_an_item_closes_only_through_its_check_and_once() -> None:
    with pytest.raises(Conflict, match="not done"):
        close(MONITOR, judge(MONITOR, Evidence()), minutes(80))
    done = close(MONITOR, judge(MONITOR, Evidence(findings=[OK])), minutes(80))
    assert (done.state, done.closed_at) == (ActionState.DONE, minutes(80))
    with pytest.raises(Conflict, match="already"):
        close(done, judge(done, Evidence(findings=[OK])), minutes(90))

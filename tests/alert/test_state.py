"""Alerts fire after two alarms in a row, end after three quiet evaluations, and never flap."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.alert.build import NOW, finding
from tocsin.alert.state import AlertState, Rule, StoredAlert, advance, overwhelming
from tocsin.detect.finding import Finding, Level, Verdict

MINUTE = timedelta(minutes=1)


def walk(evaluations: Sequence[Finding]) -> tuple[list[StoredAlert], list[str]]:
    """Feed one monitor's findings in turn; return what stands at the end and what happened when."""
    known: dict[str, StoredAlert] = {}
    told: list[str] = []
    for k, one in enumerate(evaluations):
        changes = advance("loan", list(known.values()), [one], NOW + k * MINUTE)
        told += [f"opened@{k}" for _ in changes.opened] + [
            f"resolved@{k}" for _ in changes.resolved
        ]
        known.update({alert.fingerprint: alert for alert in changes.all})
        known = {f: alert for f, alert in known.items() if alert.state != AlertState.RESOLVED}
    return list(known.values()), told


def series(verdicts: str) -> list[Finding]:
    """A: alarm, o: quiet, ?: insufficient; n differs each time, so each is an evaluation."""
    meaning = {"A": Verdict.ALARM, "o": Verdict.OK, "?": Verdict.INSUFFICIENT}
    return [finding(verdict=meaning[sign], n=100 + k) for k, sign in enumerate(verdicts)]


def test_one_alarm_alone_fires_nothing() -> None:
    assert walk(series("Ao"))[1] == []
    assert walk(series("AoAoAo")) == ([], [])


def test_two_alarms_in_a_row_fire_and_three_quiet_ones_end_it() -> None:
    assert walk(series("AAooo"))[1] == ["opened@1", "resolved@4"]


def test_a_quiet_spell_that_is_too_short_changes_nothing() -> None:
    standing, told = walk(series("AAooAooAoo"))
    assert told == ["opened@1"]
    assert standing[0].state == AlertState.FIRING


def test_insufficient_ends_a_pending_alarm_and_never_resolves_a_firing_one() -> None:
    assert walk(series("A?A?")) == ([], [])
    standing, told = walk(series("AA??????"))
    assert told == ["opened@1"]
    assert standing[0].quiet == 0


def test_the_same_evidence_seen_twice_counts_once() -> None:
    one = finding()
    standing, told = walk([one] * 50)
    assert told == []
    assert standing[0].alarms == 1


def test_a_finding_without_numbers_equals_itself() -> None:
    silent = finding(verdict=Verdict.INSUFFICIENT, value=math.nan, n=3)
    firing = walk(series("AA"))[0]
    once = advance("loan", firing, [silent], NOW).all
    again = replace(silent, value=float("nan"), effect=float("nan"))
    assert len(once) == 1
    assert advance("loan", once, [again], NOW).all == ()


def test_overwhelming_evidence_fires_at_once() -> None:
    assert walk([finding(evidence=12.0)])[1] == ["opened@0"]
    assert walk([finding(evidence=11.9)])[1] == []
    assert overwhelming(finding(evidence=1, interval=(-0.5, -0.11), threshold=0.05))
    assert overwhelming(finding(evidence=1, interval=(0.11, 0.5), threshold=0.05))
    assert not overwhelming(finding(evidence=1, interval=(-0.5, 0.5), threshold=0.05))
    assert not overwhelming(finding(evidence=1, interval=(0.2, 0.5), threshold=0.0))


def test_a_monitor_that_is_not_mentioned_was_quiet_once_per_evaluation() -> None:
    known = walk(series("AA"))[0]
    for k in range(1, 4):
        for _ in range(5):
            changes = advance("loan", known, [], NOW + k * 10 * MINUTE)
            known = list(changes.all) or known
    assert known[0].state == AlertState.RESOLVED
    pending = walk(series("A"))[0]
    over = advance("loan", pending, [], NOW + MINUTE)
    assert [one.fired_at for one in over.continued] == [None]


def test_an_alarm_that_pages_is_worse_than_a_ticket_with_more_evidence() -> None:
    ticket = finding(level=Level.TICKET, evidence=9.0)
    standing, _ = walk([ticket, replace(ticket, n=1), finding(level=Level.PAGE, evidence=7.0)])
    assert standing[0].worst.level == Level.PAGE


def test_findings_that_only_inform_raise_no_alert() -> None:
    standing, told = walk([finding(level=Level.INFO, evidence=99, n=k) for k in range(5)])
    assert (standing, told) == ([], [])


def test_the_alert_remembers_its_worst_alarm_and_its_start() -> None:
    evidence = (6.0, 9.0, 7.0)
    standing, _ = walk([finding(evidence=e, n=k) for k, e in enumerate(evidence)])
    assert standing[0].worst.evidence == 9.0
    assert standing[0].finding.evidence == 7.0
    assert standing[0].alert.started_at == NOW
    assert standing[0].fired_at == NOW + MINUTE


def test_patience_is_a_setting() -> None:
    rule = Rule(confirm=1, clear=1)
    opened = advance("loan", [], [finding()], NOW, rule).opened
    assert [one.state for one in opened] == [AlertState.FIRING]
    quiet = finding(verdict=Verdict.OK)
    assert len(advance("loan", opened, [quiet], NOW, rule).resolved) == 1


@given(st.text("Ao?", max_size=40))
def test_it_fires_and_resolves_in_turn_and_only_for_cause(verdicts: str) -> None:
    standing, told = walk(series(verdicts))
    kinds = [event.split("@")[0] for event in told]
    assert kinds == [("opened", "resolved")[k % 2] for k in range(len(kinds))]
    for event in told:
        kind, at = event.split("@")
        upto = verdicts[: int(at) + 1]
        assert upto.endswith("AA") if kind == "opened" else upto.replace("?", "").endswith("ooo")
    assert ("AA" in verdicts) == bool(told)
    assert len(standing) <= 1

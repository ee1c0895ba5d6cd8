"""Links, merges and splits: told on both timelines, and nobody who waits is forgotten."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.incident.test_lifecycle import LATER, NOW, opened
from tocsin.base.errors import BadInput, Conflict
from tocsin.base.slices import parse
from tocsin.incident import lifecycle, relate
from tocsin.incident.incident import EntryKind, Incident, Severity, State
from tocsin.incident.relate import LinkKind, Merged

IDS = [f"ent_{n}" for n in range(9)]


def numbered(number: int, severity: Severity = Severity.SEV2, by: str = "") -> Incident:
    one = replace(opened(severity), id=f"inc_{number}", number=number, title=f"harm {number}")
    if by:
        one, _ = lifecycle.acknowledge(one, actor=by, now=LATER, entry_id="e")
    return one


def merged(winner: Incident, loser: Incident, actor: str = "elder", why: str = "") -> Merged:
    return relate.merge(winner, loser, why=why, actor=actor, now=LATER, entry_ids=IDS)


def called(incident: Incident) -> bool:
    return incident.paging_from is not None and incident.acknowledged_at is None


@pytest.mark.parametrize(
    ("kind", "here", "there"),
    [
        (LinkKind.RELATED, "INC-1 is related to INC-2", "INC-2 is related to INC-1"),
        (LinkKind.DUPLICATE_OF, "INC-1 is a duplicate of INC-2", "INC-2 has a duplicate in INC-1"),
        (LinkKind.CAUSED_BY, "INC-1 was caused by INC-2", "INC-2 caused INC-1"),
    ],
)
def test_a_link_and_its_end_are_told_from_both_sides(kind: LinkKind, here: str, there: str) -> None:
    one, two = numbered(1), numbered(2)
    first, second = relate.link(one, two, kind, actor="aspen", now=NOW, entry_ids=IDS)
    assert (first.incident, first.text) == ("inc_1", f"{here}: harm 2")
    assert (second.incident, second.text) == ("inc_2", f"{there}: harm 1")
    ended, _ = relate.link(one, two, kind, actor="aspen", now=NOW, entry_ids=IDS, ended=True)
    assert ended.text == f"no longer: {here}: harm 2"


def test_no_incident_is_linked_to_itself_or_by_hand_as_merged() -> None:
    one = numbered(1)
    for other, kind in ((one, LinkKind.RELATED), (numbered(2), LinkKind.MERGED_INTO)):
        with pytest.raises(BadInput):
            relate.link(one, other, kind, actor="aspen", now=NOW, entry_ids=IDS)


def test_a_merge_closes_the_one_and_tells_both() -> None:
    done = merged(numbered(1, by="aspen"), numbered(2, by="aspen"), why="one pipeline")
    assert (done.loser.state, done.loser.merged_into) == (State.RESOLVED, "inc_1")
    assert done.loser.resolved_at == LATER
    assert [one.text for one in done.told_winner] == [
        "INC-2 goes on here (harm 2): one pipeline",
    ]
    assert [one.text for one in done.told_loser] == ["merged into INC-1 by elder: one pipeline"]
    assert not done.called_again


def test_the_winner_is_as_grave_and_as_old_as_the_graver_and_older() -> None:
    early = NOW - timedelta(hours=1)
    loser = replace(numbered(2, Severity.SEV1), impact_from=early)
    done = merged(numbered(1, Severity.SEV3), loser)
    assert (done.winner.severity, done.winner.impact_from) == (Severity.SEV1, early)
    assert called(done.winner)
    theirs = merged(numbered(1), replace(loser, impact_by="aspen")).winner
    assert (theirs.impact_from, theirs.impact_by) == (early, "aspen")
    milder = merged(numbered(1, Severity.SEV1), numbered(2, Severity.SEV4))
    assert milder.winner.severity is Severity.SEV1


def test_whom_nobody_answered_is_called_again_from_the_first_step() -> None:
    done = merged(numbered(1, by="aspen"), numbered(2))
    assert done.called_again
    assert called(done.winner)
    assert (done.winner.state, done.winner.paging_from) == (State.OPEN, LATER)
    again = done.told_winner[-1]
    assert (again.kind, again.facts[lifecycle.AGAIN]) == (EntryKind.PAGE, "merged")


def test_who_leads_the_winner_and_merges_knows_of_both() -> None:
    done = merged(numbered(1, by="aspen"), numbered(2), actor="aspen")
    assert not done.called_again
    assert done.winner.acknowledged_by == "aspen"


def test_an_acknowledgement_covers_a_winner_that_called_nobody() -> None:
    done = merged(numbered(1, Severity.SEV3), numbered(2, Severity.SEV1, by="aspen"))
    assert (done.winner.state, done.winner.commander) == (State.ACKNOWLEDGED, "aspen")


def test_a_winner_that_waits_goes_on_waiting() -> None:
    done = merged(numbered(1), numbered(2, by="aspen"))
    assert called(done.winner)
    assert done.winner.acknowledged_at is None


def test_what_cannot_be_merged_is_refused() -> None:
    over = lifecycle.resolve(numbered(2), actor="aspen", now=LATER, entry_id="e")[0]
    for winner, loser in (
        (numbered(1), over),
        (over, numbered(1)),
        (numbered(1), replace(numbered(2), system="fraud")),
    ):
        with pytest.raises(Conflict, match="link"):
            merged(winner, loser)
    with pytest.raises(BadInput):
        merged(numbered(1), numbered(1))


SIDES = st.builds(
    numbered,
    st.just(1),
    st.sampled_from(list(Severity)),
    st.sampled_from(["", "aspen", "briar"]),
)


@given(SIDES, SIDES.map(lambda one: replace(one, id="inc_2", number=2)), st.sampled_from("ae"))
def test_no_merge_forgets_anybody_who_waits(
    winner: Incident, loser: Incident, initial: str
) -> None:
    actor = {"a": "aspen", "e": "elder"}[initial]
    done = merged(winner, loser, actor)
    knows = actor in {winner.acknowledged_by, winner.commander}
    assert called(done.winner) or not called(winner)
    assert called(done.winner) or not called(loser) or knows
    assert done.winner.severity == min(winner.severity, loser.severity)
    ids = [one.id for one in (*done.told_winner, *done.told_loser)]
    assert len(set(ids)) == len(ids)


def parted(incident: Incident, severity: Severity = Severity.SEV2) -> Incident:
    new, told, there = relate.split(
        incident,
        id="inc_3",
        number=3,
        title="denials in south",
        severity=severity,
        severity_why="because",
        slice_=parse("region=south"),
        impact_from=NOW,
        evidence=["approvals fell"],
        actor="elder",
        now=LATER,
        entry_ids=IDS[:4],
    )
    assert [one.text for one in told] == [
        f"INC-3 opened as {severity.name}: because",
        "approvals fell",
        "split from INC-1: harm 1",
    ]
    assert (there.incident, there.text) == ("inc_1", "split: INC-3 takes denials in south")
    assert {one.incident for one in told} == {"inc_3"}
    return new


def test_a_split_names_both_and_inherits_who_has_it() -> None:
    new = parted(numbered(1, by="aspen"))
    assert (new.state, new.acknowledged_by, new.commander) == (State.ACKNOWLEDGED, "aspen", "aspen")


def test_a_split_of_what_nobody_has_goes_on_being_paged_where_it_stood() -> None:
    new = parted(numbered(1))
    assert called(new)
    assert new.paging_from == NOW
    assert parted(numbered(1), Severity.SEV4).paging_from is None


def test_what_is_over_is_not_split() -> None:
    over = lifecycle.resolve(numbered(1), actor="aspen", now=LATER, entry_id="e")[0]
    with pytest.raises(Conflict):
        parted(over)


@given(st.lists(st.sampled_from("abcd"), max_size=8), st.sets(st.sampled_from("abcde")))
def test_every_alert_stays_or_goes_and_none_does_both(
    named: Sequence[str], chosen: set[str]
) -> None:
    alerts = list(range(len(named)))
    try:
        stay, go = relate.share(alerts, named, chosen)
    except BadInput:
        goes = [name for name in named if name in chosen]
        assert chosen - set(named) or not goes or len(goes) == len(named)
        return
    assert sorted([*stay, *go]) == alerts
    assert {named[one] for one in go} == chosen
    assert stay


def test_times_are_those_of_the_move() -> None:
    done = merged(numbered(1), numbered(2))
    at: set[datetime] = {one.at for one in (*done.told_winner, *done.told_loser)}
    assert at == {LATER}


def test_work_on_a_merged_incident_is_pointed_to_the_other() -> None:
    done = merged(numbered(1), numbered(2))
    with pytest.raises(Conflict, match="was merged and cannot be acknowledged"):
        lifecycle.acknowledge(done.loser, actor="aspen", now=LATER, entry_id="e")

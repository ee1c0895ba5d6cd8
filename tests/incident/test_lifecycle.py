"""The moves of an incident: what they change, what they say, what they refuse."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.errors import Conflict
from tocsin.base.slices import parse
from tocsin.incident import lifecycle, roles
from tocsin.incident.incident import Entry, EntryKind, Incident, Role, Severity, State

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
LATER = NOW + timedelta(minutes=7)


def opened(severity: Severity = Severity.SEV2, actor: str = lifecycle.TOCSIN) -> Incident:
    incident, _ = lifecycle.open_(
        id="inc_1",
        number=42,
        system="loan-approval",
        title="approvals fell",
        severity=severity,
        severity_why="because",
        now=NOW,
        entry_ids=["ent_1"],
        actor=actor,
    )
    return incident


def acknowledged(severity: Severity = Severity.SEV2) -> Incident:
    return lifecycle.acknowledge(opened(severity), actor="lending", now=LATER, entry_id="e")[0]


def resolved() -> Incident:
    return lifecycle.resolve(opened(), actor="lending", now=LATER, entry_id="e")[0]


def test_it_opens_with_its_reason_and_its_evidence() -> None:
    incident, entries = lifecycle.open_(
        id="inc_1",
        number=42,
        system="loan-approval",
        title="approvals fell",
        severity=Severity.SEV1,
        severity_why="decisions have shifted",
        now=NOW,
        entry_ids=["ent_1", "ent_2"],
        evidence=["approvals fell"],
    )
    assert incident.state == State.OPEN
    assert incident.paging_from == NOW
    assert [one.text for one in entries] == [
        "INC-42 opened as SEV1: decisions have shifted",
        "approvals fell",
    ]
    assert [one.kind for one in entries] == [EntryKind.OPENED, EntryKind.FINDING]


def test_only_the_two_gravest_page_people() -> None:
    paging = [opened(severity).paging_from is not None for severity in Severity]
    assert paging == [True, True, False, False]


def test_the_first_to_acknowledge_leads_and_the_second_changes_nothing() -> None:
    once = acknowledged()
    assert (once.state, once.acknowledged_by, once.commander) == (
        State.ACKNOWLEDGED,
        "lending",
        "lending",
    )
    again, entries = lifecycle.acknowledge(once, actor="duty", now=LATER, entry_id="e2")
    assert again == once
    assert entries == ()


def test_who_resolves_has_seen_it_and_what_contains_need_be_nobody() -> None:
    contained, _ = lifecycle.contain(opened(), actor="playbook ours", now=LATER, entry_id="e")
    assert (contained.state, contained.contained_at) == (State.CONTAINED, LATER)
    assert (contained.acknowledged_at, contained.acknowledged_by) == (None, None)
    assert contained.commander is None
    assert lifecycle.contain(contained, actor="x", now=LATER, entry_id="e") == (contained, ())
    taken, _ = lifecycle.acknowledge(contained, actor="lending", now=LATER, entry_id="e")
    assert (taken.state, taken.acknowledged_by) == (State.CONTAINED, "lending")
    assert resolved().acknowledged_at == LATER


def test_containment_that_ends_leaves_it_acknowledged_if_somebody_had_it() -> None:
    contained, _ = lifecycle.contain(acknowledged(), actor="lending", now=LATER, entry_id="e")
    after, entries = lifecycle.uncontain(
        contained, actor="tocsin", now=LATER, entry_id="e", kind=EntryKind.EXPIRED, why="ran out"
    )
    assert after.state == State.ACKNOWLEDGED
    assert after.contained_at == LATER
    assert entries[0].kind == EntryKind.EXPIRED
    alone, _ = lifecycle.contain(opened(), actor="playbook", now=LATER, entry_id="e")
    after, _ = lifecycle.uncontain(
        alone, actor="tocsin", now=LATER, entry_id="e", kind=EntryKind.EXPIRED, why="ran out"
    )
    assert (after.state, after.acknowledged_at) == (State.OPEN, None)
    same, told = lifecycle.uncontain(
        opened(), actor="x", now=LATER, entry_id="e", kind=EntryKind.REVERTED, why="reverted"
    )
    assert same == opened()
    assert len(told) == 1


Move = Callable[[Incident], object]
REFUSED: list[Move] = [
    lambda one: lifecycle.acknowledge(one, actor="a", now=LATER, entry_id="e"),
    lambda one: lifecycle.contain(one, actor="a", now=LATER, entry_id="e"),
    lambda one: lifecycle.resolve(one, actor="a", now=LATER, entry_id="e"),
    lambda one: lifecycle.set_severity(one, Severity.SEV1, "w", actor="a", now=LATER, entry_id="e"),
]


@pytest.mark.parametrize("move", REFUSED)
def test_what_is_over_cannot_move(move: Move) -> None:
    with pytest.raises(Conflict, match="INC-42 is resolved"):
        move(resolved())


def test_what_is_over_still_takes_notes_but_no_machine_moves_it() -> None:
    over = resolved()
    _, entries = lifecycle.note(
        over, kind=EntryKind.NOTE, text="hello", actor="a", now=LATER, entry_id="e"
    )
    assert entries[0].text == "hello"
    machine = [
        lifecycle.worsen(over, Severity.SEV1, "w", now=LATER, entry_id="e"),
        lifecycle.recover(over, now=LATER, entry_id="e", how="h"),
        lifecycle.relapse(over, now=LATER, entry_id="e", why="w"),
        lifecycle.narrow(over, parse("sex=f"), "t", now=LATER, entry_id="e"),
    ]
    assert machine == [(over, ())] * 4


def test_severity_rises_by_itself_and_falls_only_by_a_persons_word() -> None:
    graver, entries = lifecycle.worsen(opened(), Severity.SEV1, "w", now=LATER, entry_id="e")
    assert graver.severity == Severity.SEV1
    assert entries[0].text == "severity raised from SEV2 to SEV1: w"
    assert lifecycle.worsen(graver, Severity.SEV3, "w", now=LATER, entry_id="e") == (graver, ())
    milder, entries = lifecycle.set_severity(
        graver, Severity.SEV3, "no harm", actor="lending", now=LATER, entry_id="e"
    )
    assert milder.severity == Severity.SEV3
    assert entries[0].text == "severity lowered from SEV1 to SEV3: no harm"


def test_a_persons_milder_word_stands_until_the_matrix_says_something_graver() -> None:
    milder, _ = lifecycle.set_severity(
        opened(Severity.SEV2), Severity.SEV4, "w", actor="lending", now=LATER, entry_id="e"
    )
    same = lifecycle.worsen(milder, Severity.SEV2, "w", now=LATER, entry_id="e")
    assert same == (milder, ())
    graver, _ = lifecycle.worsen(milder, Severity.SEV1, "w", now=LATER, entry_id="e")
    assert graver.severity == Severity.SEV1
    assert graver.paging_from == NOW


def test_paging_begins_when_it_becomes_grave_and_an_earlier_acknowledgement_does_not_count() -> (
    None
):
    quiet = acknowledged(Severity.SEV3)
    graver, _ = lifecycle.worsen(quiet, Severity.SEV1, "w", now=LATER, entry_id="e")
    assert graver.paging_from == LATER
    assert graver.state == State.OPEN
    assert graver.acknowledged_at is None
    held, _ = lifecycle.contain(quiet, actor="lending", now=LATER, entry_id="e")
    graver, _ = lifecycle.worsen(held, Severity.SEV1, "w", now=LATER, entry_id="e")
    assert (graver.paging_from, graver.state) == (LATER, State.CONTAINED)
    assert graver.acknowledged_at is None
    paged = acknowledged(Severity.SEV2)
    graver, _ = lifecycle.worsen(paged, Severity.SEV1, "w", now=LATER, entry_id="e")
    assert graver.state == State.ACKNOWLEDGED


def test_it_narrows_only_to_a_slice_within() -> None:
    after, entries = lifecycle.narrow(opened(), parse("sex=f"), "t", now=LATER, entry_id="e")
    assert after.slice == parse("sex=f")
    assert entries[0].text == "narrowed to sex=f: t"
    for other in ("", "sex=m", "sex=f"):
        moved = lifecycle.narrow(after, parse(other), "t2", now=LATER, entry_id="e")
        assert moved == (after, ())


def test_recovery_is_told_once_and_can_be_taken_back() -> None:
    well, entries = lifecycle.recover(opened(), now=LATER, entry_id="e", how="normal again")
    assert (well.recovered_at, len(entries)) == (LATER, 1)
    assert lifecycle.recover(well, now=LATER, entry_id="e", how="h") == (well, ())
    ill, entries = lifecycle.relapse(well, now=LATER, entry_id="e", why="again")
    assert (ill.recovered_at, len(entries)) == (None, 1)
    assert lifecycle.relapse(ill, now=LATER, entry_id="e", why="w") == (ill, ())


def test_who_was_well_for_long_and_relapses_is_taken_by_nobody() -> None:
    soon, late = (LATER + lifecycle.FLAPS_WITHIN + k * timedelta(minutes=1) for k in (0, 1))
    well, _ = lifecycle.recover(acknowledged(), now=LATER, entry_id="e", how="normal again")
    flaps, _ = lifecycle.relapse(well, now=soon, entry_id="e", why="again")
    assert (flaps.state, flaps.paging_from) == (State.ACKNOWLEDGED, NOW)
    ill, (line,) = lifecycle.relapse(well, now=late, entry_id="e", why="again")
    assert (ill.state, ill.acknowledged_at, ill.paging_from) == (State.OPEN, None, late)
    assert line.text == "again after 11 min; people are called again from the first step"
    assert lifecycle.AGAIN in line.facts
    mild, _ = lifecycle.recover(
        acknowledged(Severity.SEV3), now=LATER, entry_id="e", how="normal again"
    )
    assert lifecycle.relapse(mild, now=late, entry_id="e", why="w")[0].acknowledged_at == LATER


def test_who_acknowledges_after_a_leader_was_named_does_not_lead() -> None:
    led = replace(opened(), commander="b")
    taken, entries = lifecycle.acknowledge(led, actor="a", now=LATER, entry_id="e")
    assert (taken.acknowledged_by, taken.commander) == ("a", "b")
    assert entries[0].text == "a has acknowledged"


MOVES: list[Callable[[Incident, datetime], lifecycle.Moved]] = [
    lambda one, at: lifecycle.acknowledge(one, actor="a", now=at, entry_id="e"),
    lambda one, at: lifecycle.contain(one, actor="a", now=at, entry_id="e"),
    lambda one, at: lifecycle.resolve(one, actor="a", now=at, entry_id="e"),
    lambda one, at: lifecycle.worsen(one, Severity.SEV1, "w", now=at, entry_id="e"),
    lambda one, at: lifecycle.recover(one, now=at, entry_id="e", how="h"),
    lambda one, at: lifecycle.relapse(one, now=at, entry_id="e", why="w"),
    lambda one, at: roles.assign(one, Role.COMMANDER, to="b", actor="a", now=at, entry_id="e"),
    lambda one, at: lifecycle.expire(one, now=at, entry_id="e", why="w"),
    lambda one, at: lifecycle.call_again(one, now=at, entry_id="e", why="w"),
    lambda one, at: lifecycle.uncontain(
        one, actor="a", now=at, entry_id="e", kind=EntryKind.EXPIRED, why="w"
    ),
]
TELLING = 2
"""So many of the last say their line, whether they change anything or not."""


@given(st.sampled_from(Severity), st.lists(st.integers(0, len(MOVES) - 1), max_size=12))
def test_whatever_happens_every_change_is_told_and_the_times_agree_with_the_state(
    severity: Severity, moves: list[int]
) -> None:
    one = opened(severity)
    for k, move in enumerate(moves):
        try:
            after, entries = MOVES[move](one, NOW + timedelta(minutes=k))
        except Conflict:
            assert one.state == State.RESOLVED
            continue
        if move < len(MOVES) - TELLING or after != one:
            assert (after != one) == bool(entries)
        assert after.severity <= one.severity
        one = after
        assert (one.resolved_at is not None) == (one.state == State.RESOLVED)
        if one.state != State.CONTAINED:  # which says nothing of whether anybody knows
            assert (one.acknowledged_at is None) == (one.state == State.OPEN)
        assert one.paging_from is not None or not lifecycle.pages(one.severity)


def test_an_expired_acknowledgement_is_paged_from_then_on_and_says_so() -> None:
    taken, _ = lifecycle.acknowledge(opened(), actor="aspen", now=NOW, entry_id="ent_2")
    after, (line,) = lifecycle.expire(taken, now=LATER, entry_id="ent_3", why="nobody works on it")
    assert (after.state, after.acknowledged_at, after.paging_from) == (State.OPEN, None, LATER)
    assert (line.kind, line.text) == (EntryKind.PAGE, "nobody works on it")
    assert lifecycle.AGAIN in line.facts
    assert lifecycle.expire(after, now=LATER, entry_id="e", why="x") == (after, ())


def test_work_is_what_a_person_logged_last() -> None:
    def line(actor: str, at: datetime, kind: EntryKind = EntryKind.NOTE) -> tuple[Entry, ...]:
        return lifecycle.note(opened(), kind=kind, text="t", actor=actor, now=at, entry_id="e")[1]

    assert lifecycle.worked_at(line(lifecycle.TOCSIN, NOW)) is None
    assert lifecycle.worked_at(line("aspen", NOW, EntryKind.PAGE)) is None
    assert lifecycle.worked_at(line("aspen", LATER) + line("briar", NOW)) == LATER

"""When an update is due, to whom, and what is never owed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.incident.test_lifecycle import LATER, NOW, opened
from tocsin.incident import lifecycle
from tocsin.incident.incident import Incident, Severity
from tocsin.incident.update import Audience, Due, Update, Voice, concerned, due, dues, fell_due
from tocsin.oncall.person import Contact

MINUTE = timedelta(minutes=1)
BOARD = Audience(
    name="board",
    voice=Voice.EXECUTIVE,
    contacts=(Contact("board", "mail", "board@example.org"),),
    every={Severity.SEV1: 30 * MINUTE, Severity.SEV2: 120 * MINUTE},
)


def sent(at: datetime, *audiences: str, last: bool = False) -> Update:
    return Update(
        id="upd_1",
        incident="inc_1",
        audiences=audiences or ("board",),
        voice=Voice.EXECUTIVE,
        subject="s",
        text="t",
        sent_at=at,
        sent_by="aspen",
        last=last,
    )


def owed(incident: Incident, *updates: Update, audience: Audience = BOARD) -> Due:
    found = due(incident, audience, updates)
    assert found is not None
    return found


def over(at: datetime = LATER) -> Incident:
    return lifecycle.resolve(opened(Severity.SEV1), actor="aspen", now=at, entry_id="e")[0]


@pytest.mark.parametrize(
    ("severity", "minutes"), [(Severity.SEV1, 30), (Severity.SEV2, 120), (Severity.SEV3, None)]
)
def test_the_first_is_due_one_cadence_after_the_beginning(
    severity: Severity, minutes: int | None
) -> None:
    found = due(opened(severity), BOARD, [])
    assert (found and found.at) == (minutes and NOW + minutes * MINUTE)


def test_the_next_counts_from_the_last_one_to_this_audience() -> None:
    incident = opened(Severity.SEV1)
    updates = [sent(NOW + 20 * MINUTE), sent(NOW + 5 * MINUTE), sent(NOW + 40 * MINUTE, "leads")]
    assert owed(incident, *updates).at == NOW + 50 * MINUTE


def test_what_turns_graver_is_due_by_the_shorter_cadence() -> None:
    incident = replace(opened(Severity.SEV2), severity=Severity.SEV1)
    assert owed(incident, sent(NOW)).at == NOW + 30 * MINUTE


def test_what_began_to_page_late_counts_from_there() -> None:
    late = NOW + 300 * MINUTE
    quiet = opened(Severity.SEV3)
    grave, _ = lifecycle.worsen(quiet, Severity.SEV1, "worse", now=late, entry_id="e")
    assert owed(grave).at == late + 30 * MINUTE


def test_an_incident_that_is_over_owes_the_last_one_at_once_and_then_nothing() -> None:
    last = owed(over(), sent(NOW))
    assert (last.at, last.last) == (LATER, True)
    assert last.overdue(LATER)
    assert not last.overdue(LATER - MINUTE)
    assert due(over(), BOARD, [sent(NOW), sent(LATER + MINUTE, last=True)]) is None


def test_nothing_is_owed_by_what_was_merged_or_concerns_others() -> None:
    merged = replace(over(), merged_into="inc_2")
    assert due(merged, BOARD, []) is None
    others = replace(BOARD, systems=("fraud",))
    assert due(opened(Severity.SEV1), others, []) is None
    assert concerned([BOARD, others], opened()) == [BOARD]


def test_missed_cadences_are_counted_but_never_of_the_last_one() -> None:
    one = owed(opened(Severity.SEV1))
    assert [one.missed(one.at + n * MINUTE) for n in (-5, 0, 29, 30, 95)] == [0, 0, 0, 1, 3]
    assert owed(over()).missed(LATER + 900 * MINUTE) == 0


def test_the_most_urgent_comes_first() -> None:
    slow = replace(BOARD, name="slow", every={Severity.SEV1: 90 * MINUTE})
    found = dues(opened(Severity.SEV1), [slow, replace(BOARD, name="none", every={}), BOARD], [])
    assert [one.audience for one in found] == ["board", "slow"]


@given(st.lists(st.integers(0, 500), max_size=6), st.sampled_from([Severity.SEV1, Severity.SEV2]))
def test_sending_always_moves_the_next_one_a_full_cadence_away(
    minutes: Sequence[int], severity: Severity
) -> None:
    updates = [sent(NOW + n * MINUTE) for n in minutes]
    newest = max([NOW, *(one.sent_at for one in updates)])
    one = owed(opened(severity), *updates)
    assert one.at - newest == BOARD.every[severity]
    assert not one.overdue(newest)


def test_what_fell_due_last_moves_with_every_cadence_and_every_audience() -> None:
    slow = replace(BOARD, name="slow", every={Severity.SEV1: 45 * MINUTE})
    owed_ = dues(opened(Severity.SEV1), [BOARD, slow], [])
    found = [fell_due(owed_, NOW + n * MINUTE) for n in (29, 30, 44, 45, 59, 60, 90)]
    assert [at and (at - NOW) // MINUTE for at in found] == [None, 30, 30, 45, 45, 60, 90]

"""Roles: who takes, hands over and leaves them, and what the timeline says of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.incident.test_lifecycle import LATER, opened, resolved
from tocsin.base.errors import Conflict
from tocsin.incident import roles
from tocsin.incident.incident import EntryKind, Holding, Incident, Role
from tocsin.incident.lifecycle import Moved

PEOPLE = ("aspen", "beech", "cherry")


def give(incident: Incident, role: Role, to: str, actor: str = "aspen", what: str = "") -> Moved:
    return roles.assign(incident, role, to=to, actor=actor, now=LATER, entry_id="ent_r", what=what)


def leave(incident: Incident, role: Role, who: str, actor: str = "", what: str = "") -> Moved:
    return roles.leave(
        incident, role, who=who, actor=actor or who, now=LATER, entry_id="ent_r", what=what
    )


def test_a_role_is_taken_and_the_same_holder_is_no_news() -> None:
    after, entries = give(opened(), Role.SCRIBE, "aspen")
    assert after.roles == (Holding(Role.SCRIBE, "aspen", LATER),)
    assert (entries[0].kind, entries[0].text) == (EntryKind.ROLE, "aspen is scribe")
    assert give(after, Role.SCRIBE, "aspen", actor="beech") == (after, ())


def test_a_hand_over_names_everybody_and_what_is_handed_over() -> None:
    held, _ = give(opened(), Role.SCRIBE, "aspen")
    after, entries = give(held, Role.SCRIBE, "beech", actor="cherry", what="notes are in the wiki")
    assert after.holders(Role.SCRIBE) == ("beech",)
    assert (
        entries[0].text
        == "beech is scribe, taking over from aspen, handed over by cherry: notes are in the wiki"
    )
    assert entries[0].facts == {"role": "scribe", "person": "beech", "from": "aspen"}
    assert give(held, Role.SCRIBE, "beech", actor="aspen")[1][0].text == (
        "beech is scribe, taking over from aspen"
    )


def test_the_commander_is_the_incidents_own() -> None:
    led, entries = give(opened(), Role.COMMANDER, "beech", actor="aspen")
    assert (led.commander, led.roles, led.holders(Role.COMMANDER)) == ("beech", (), ("beech",))
    assert entries[0].text == "beech leads, assigned by aspen"
    assert give(led, Role.COMMANDER, "cherry", actor="cherry")[1][0].text == (
        "cherry leads, taking over from beech"
    )


@pytest.mark.parametrize("role", [Role.EXPERT, Role.LEGAL])
def test_shared_roles_are_added_to(role: Role) -> None:
    one, _ = give(opened(), role, "aspen")
    two, _ = give(one, role, "beech")
    assert two.holders(role) == ("aspen", "beech")
    left, entries = leave(two, role, "aspen", what="gone home")
    assert left.holders(role) == ("beech",)
    assert entries[0].text == f"aspen is no longer {role.word}: gone home"


def test_a_person_may_hold_several_roles_and_leaves_only_one() -> None:
    one, _ = give(opened(), Role.SCRIBE, "aspen")
    two, _ = give(one, Role.COMMUNICATIONS, "aspen")
    left, entries = leave(two, Role.SCRIBE, "aspen", actor="beech")
    assert left.holders(Role.COMMUNICATIONS) == ("aspen",)
    assert left.holders(Role.SCRIBE) == ()
    assert entries[0].text == "aspen is no longer scribe, says beech"


def test_the_deputy_follows_a_commander_who_leaves() -> None:
    led, _ = give(opened(), Role.COMMANDER, "aspen")
    with pytest.raises(Conflict, match="nobody to follow"):
        leave(led, Role.COMMANDER, "aspen")
    second, _ = give(led, Role.DEPUTY, "beech")
    after, entries = leave(second, Role.COMMANDER, "aspen", what="asleep until 8")
    assert (after.commander, after.roles) == ("beech", ())
    assert entries[0].text == "beech leads, taking over from aspen: asleep until 8"


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(Conflict, match="aspen is not scribe"):
        leave(opened(), Role.SCRIBE, "aspen")
    with pytest.raises(Conflict, match="resolved"):
        give(resolved(), Role.SCRIBE, "aspen")
    with pytest.raises(Conflict, match="resolved"):
        leave(resolved(), Role.COMMANDER, "lending")
    same, _ = give(opened(), Role.COMMANDER, "aspen")
    both, _ = give(same, Role.DEPUTY, "aspen")
    with pytest.raises(Conflict, match="nobody to follow"):
        leave(both, Role.COMMANDER, "aspen")


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(Role), st.sampled_from(PEOPLE)), max_size=20)
)
def test_single_roles_have_one_holder_and_a_leader_is_never_lost(
    steps: list[tuple[bool, Role, str]],
) -> None:
    one, led = opened(), False
    for k, (takes, role, person) in enumerate(steps):
        try:
            after, entries = give(one, role, person) if takes else leave(one, role, person)
        except Conflict:
            continue
        assert (after != one) == bool(entries)
        assert all(entry.at == LATER for entry in entries), k
        for each in Role:
            holders = after.holders(each)
            assert len(set(holders)) == len(holders)
            assert each.shared or len(holders) <= 1
        led = led or after.commander is not None
        assert not led or after.commander is not None
        one = after
    assert one.detected_at < LATER + timedelta(days=1)

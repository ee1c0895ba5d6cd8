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

PEOPLE = ("ada", "ben", "cyd")


def give(incident: Incident, role: Role, to: str, actor: str = "ada", what: str = "") -> Moved:
    return roles.assign(incident, role, to=to, actor=actor, now=LATER, entry_id="ent_r", what=what)


def leave(incident: Incident, role: Role, who: str, actor: str = "", what: str = "") -> Moved:
    return roles.leave(
        incident, role, who=who, actor=actor or who, now=LATER, entry_id="ent_r", what=what
    )


def test_a_role_is_taken_and_the_same_holder_is_no_news() -> None:
    after, entries = give(opened(), Role.SCRIBE, "ada")
    assert after.roles == (Holding(Role.SCRIBE, "ada", LATER),)
    assert (entries[0].kind, entries[0].text) == (EntryKind.ROLE, "ada is scribe")
    assert give(after, Role.SCRIBE, "ada", actor="ben") == (after, ())


def test_a_hand_over_names_everybody_and_what_is_handed_over() -> None:
    held, _ = give(opened(), Role.SCRIBE, "ada")
    after, entries = give(held, Role.SCRIBE, "ben", actor="cyd", what="notes are in the wiki")
    assert after.holders(Role.SCRIBE) == ("ben",)
    assert (
        entries[0].text
        == "ben is scribe, taking over from ada, handed over by cyd: notes are in the wiki"
    )
    assert entries[0].facts == {"role": "scribe", "person": "ben", "from": "ada"}
    assert give(held, Role.SCRIBE, "ben", actor="ada")[1][0].text == (
        "ben is scribe, taking over from ada"
    )


def test_the_commander_is_the_incidents_own() -> None:
    led, entries = give(opened(), Role.COMMANDER, "ben", actor="ada")
    assert (led.commander, led.roles, led.holders(Role.COMMANDER)) == ("ben", (), ("ben",))
    assert entries[0].text == "ben leads, assigned by ada"
    assert give(led, Role.COMMANDER, "cyd", actor="cyd")[1][0].text == (
        "cyd leads, taking over from ben"
    )


@pytest.mark.parametrize("role", [Role.EXPERT, Role.LEGAL])
def test_shared_roles_are_added_to(role: Role) -> None:
    one, _ = give(opened(), role, "ada")
    two, _ = give(one, role, "ben")
    assert two.holders(role) == ("ada", "ben")
    left, entries = leave(two, role, "ada", what="gone home")
    assert left.holders(role) == ("ben",)
    assert entries[0].text == f"ada is no longer {role.word}: gone home"


def test_a_person_may_hold_several_roles_and_leaves_only_one() -> None:
    one, _ = give(opened(), Role.SCRIBE, "ada")
    two, _ = give(one, Role.COMMUNICATIONS, "ada")
    left, entries = leave(two, Role.SCRIBE, "ada", actor="ben")
    assert left.holders(Role.COMMUNICATIONS) == ("ada",)
    assert left.holders(Role.SCRIBE) == ()
    assert entries[0].text == "ada is no longer scribe, says ben"


def test_the_deputy_follows_a_commander_who_leaves() -> None:
    led, _ = give(opened(), Role.COMMANDER, "ada")
    with pytest.raises(Conflict, match="nobody to follow"):
        leave(led, Role.COMMANDER, "ada")
    second, _ = give(led, Role.DEPUTY, "ben")
    after, entries = leave(second, Role.COMMANDER, "ada", what="asleep until 8")
    assert (after.commander, after.roles) == ("ben", ())
    assert entries[0].text == "ben leads, taking over from ada: asleep until 8"


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(Conflict, match="ada is not scribe"):
        leave(opened(), Role.SCRIBE, "ada")
    with pytest.raises(Conflict, match="resolved"):
        give(resolved(), Role.SCRIBE, "ada")
    with pytest.raises(Conflict, match="resolved"):
        leave(resolved(), Role.COMMANDER, "lending")
    same, _ = give(opened(), Role.COMMANDER, "ada")
    both, _ = give(same, Role.DEPUTY, "ada")
    with pytest.raises(Conflict, match="nobody to follow"):
        leave(both, Role.COMMANDER, "ada")


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

"""What the roster names is found, and what it does not is told."""

import pytest

from tests.oncall.roster import LEAD, LENDING, POLICY, ROSTER
from tocsin.base.errors import NotFound
from tocsin.oncall.roster import Roster


def test_people_schedules_and_policies_are_found_by_name() -> None:
    assert ROSTER.person("lending-lead") is LEAD
    assert ROSTER.schedule("lending") is LENDING
    assert ROSTER.policy("lending") is POLICY


@pytest.mark.parametrize("noun", ["person", "schedule", "policy"])
def test_an_unknown_name_is_told_beside_the_known_ones(noun: str) -> None:
    with pytest.raises(NotFound, match=f"no {noun} is called 'x'; declared are .*lending"):
        getattr(ROSTER, noun)("x")
    with pytest.raises(NotFound, match="declared are none"):
        getattr(Roster(), noun)("x")

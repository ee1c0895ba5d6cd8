"""Who may do what: one role for each person, refused with its line otherwise."""

import pytest

from tests.config.test_load import SMALL
from tocsin.base.errors import BadInput
from tocsin.base.rights import Role
from tocsin.config.load import load


def test_each_person_has_the_role_under_which_they_stand() -> None:
    text = f"{SMALL}roles:\n  commander: [aspen, briar]\n  viewer: [elder]\n"
    roles = load(text, "tocsin.yaml").roles
    assert roles == {"aspen": Role.COMMANDER, "briar": Role.COMMANDER, "elder": Role.VIEWER}
    assert load(SMALL, "tocsin.yaml").roles == {}


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ("  viewer: [aspen]\n  admin: [briar, aspen]\n", "'aspen' is viewer already"),
        ("  king: [aspen]\n", "king"),
    ],
)
def test_two_roles_for_one_person_and_roles_that_do_not_exist_are_refused(
    roles: str, said: str
) -> None:
    with pytest.raises(BadInput, match=r"tocsin\.yaml:\d") as refused:
        load(f"{SMALL}roles:\n{roles}", "tocsin.yaml")
    assert said in str(refused.value)

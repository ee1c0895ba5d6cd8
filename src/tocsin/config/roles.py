"""Who may do what: the names under `roles:`, and the one role that each person has."""

from collections.abc import Mapping

from tocsin.base.rights import Role
from tocsin.config.source import Source


def roles(forms: Mapping[Role, tuple[str, ...]], source: Source) -> dict[str, Role]:
    """Return the role of each person that has one.

    Raises:
        BadInput: one person has two.
    """
    found: dict[str, Role] = {}
    for role, people in forms.items():
        for place, person in enumerate(people):
            if found.setdefault(person, role) is not role:
                what = f"{person!r} is {found[person]} already"
                raise source.error(("roles", role.value, place), what, "give one role to each")
    return found

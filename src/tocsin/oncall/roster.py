"""Roster: all that one configuration says of on-call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from tocsin.base.errors import NotFound
from tocsin.oncall.person import Person
from tocsin.oncall.policy import Policy
from tocsin.oncall.schedule import Schedule

_Noun = TypeVar("_Noun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """People, schedules and policies by their names."""

    people: Mapping[str, Person] = field(default_factory=dict[str, Person])
    schedules: Mapping[str, Schedule] = field(default_factory=dict[str, Schedule])
    policies: Mapping[str, Policy] = field(default_factory=dict[str, Policy])

    def person(self, name: str) -> Person:
        """Return one person.

        Raises:
            NotFound: nobody is called so.
        """
        return _named(self.people, name, "person")

    def schedule(self, name: str) -> Schedule:
        """Return one schedule.

        Raises:
            NotFound: none is called so.
        """
        return _named(self.schedules, name, "schedule")

    def policy(self, name: str) -> Policy:
        """Return one policy.

        Raises:
            NotFound: none is called so.
        """
        return _named(self.policies, name, "policy")


def _named(among: Mapping[str, _Noun], name: str, noun: str) -> _Noun:
    if name not in among:
        known = ", ".join(sorted(among)) or "none"
        raise NotFound(f"no {noun} is called {name!r}; declared are {known}")
    return among[name]

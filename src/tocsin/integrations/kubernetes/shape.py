"""What a kind of object must say of itself, so that one actuator serves them all.  Pure."""

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Step

Object = dict[str, object]


class CannotSay(ValueError):  # noqa: N818 - named for what is wrong
    """The object cannot do what is asked; the message tells why, for people."""


class Shape(Protocol):
    """One object of one kind, and the setting in it."""

    @property
    def path(self) -> str:
        """Where it is in the cluster's API."""
        ...

    @property
    def target(self) -> str:
        """What people call it."""
        ...

    def serves(self, action: Action) -> bool:
        """Return whether it can carry this out for everyone."""
        ...

    def says(self, one: Step | Directive) -> str:
        """Return what is done, as an order."""
        ...

    def shows(self, value: object) -> str:
        """Return a value in words."""
        ...

    def value(self, found: Object) -> object:
        """Return the setting of an object; `CannotSay` if it is none that can be set."""
        ...

    def aim(self, found: Object, base: object, directive: Directive) -> object:
        """Return the setting that carries out a directive; `CannotSay` if there is none."""
        ...

    def spec(self, found: Object, value: object) -> Object:
        """Return the part of `spec` that a merge patch must hold to set `value`."""
        ...


def inner(found: Mapping[str, object], *path: str) -> Object:
    """Return an object inside an object; empty where there is none."""
    value = cast("Object", found)
    for name in path:
        one = value.get(name)
        value = cast("Object", one) if isinstance(one, dict) else {}
    return value


def items(value: object) -> list[Object]:
    """Return the objects of a list; empty where it is none."""
    if not isinstance(value, list):
        return []
    return [cast("Object", one) for one in cast("Sequence[object]", value) if isinstance(one, dict)]

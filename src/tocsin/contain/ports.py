"""What the contain room needs from outside; integrations fit this shape, never the reverse."""

from collections.abc import Sequence
from typing import Protocol

from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Step

Value = str
"""A setting outside as canonical JSON: equal settings are equal texts."""


class Actuator(Protocol):
    """Moves one setting outside: an alias, a share of traffic, a flag.

    Every call ends within the adapter's time limit or raises `DeliveryError`, whose `retryable`
    tells whether another try can help and whose message holds no secret.
    """

    @property
    def target(self) -> str:
        """Which setting it is; another one is another target.  Holds no secret."""
        ...

    def serves(self, action: Action, *, everyone: bool) -> bool:
        """Return whether it can carry out `action`, for everyone or for a slice."""
        ...

    @property
    def tells_versions(self) -> bool:
        """Whether it can do something for the decisions of one version and leave others alone."""
        ...

    def says(self, one: Step | Directive) -> str:
        """Return what it does for one step, in words, as an order."""
        ...

    def shows(self, value: Value) -> str:
        """Return a value of the setting in words."""
        ...

    def read(self) -> Value:
        """Return the setting as it is."""
        ...

    def aim(self, base: Value, directives: Sequence[Directive]) -> Value:
        """Return the setting that carries out all of `directives`; may look, changes nothing.

        Args:
            base: the setting as it was before any of them.
            directives: at least one, all of them served, oldest first.
        """
        ...

    def write(self, value: Value, expecting: Value, key: str) -> None:
        """Set the setting, if it still is what is expected.

        Args:
            value: from `aim`, or from `read`, which puts everything back.
            expecting: what was read a moment ago; something else is refused as worth another try.
            key: the same for every try of one change.
        """
        ...

"""People who can be called, and the ways to reach them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach one person or team: a configured channel and an address on it."""

    person: str
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be called: the preferred way first, the others when it fails."""

    name: str
    contacts: tuple[Contact, ...]

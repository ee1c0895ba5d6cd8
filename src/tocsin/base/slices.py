"""Slices: predicates over attributes, a conjunction of `attribute=value`.

The empty slice is everyone.  The key is canonical (attributes sorted), so equal slices have equal
keys; `&`, `=` and `%` inside names are percent-escaped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from tocsin.base.errors import BadInput

_SAFE = " /()<>+-,.:;'!?*#@|[]{}~$^"


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """A conjunction of conditions, sorted by attribute; build it with `Slice.of` or `parse`."""

    conditions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, conditions: Mapping[str, str]) -> "Slice":
        """Return the slice with exactly these attribute values."""
        return cls(tuple(sorted(conditions.items())))

    @property
    def key(self) -> str:
        """Canonical text, empty for everyone.

        >>> Slice.of({"sex": "f", "age_band": "18-25"}).key
        'age_band=18-25&sex=f'
        """
        return "&".join(
            f"{quote(a, safe=_SAFE)}={quote(v, safe=_SAFE)}" for a, v in self.conditions
        )

    @property
    def label(self) -> str:
        """The slice for people: `everyone`, or its conditions joined by `and`."""
        return " and ".join(f"{a}={v}" for a, v in self.conditions) or "everyone"

    def as_dict(self) -> dict[str, str]:
        """Return the conditions as a mapping."""
        return dict(self.conditions)

    def matches(self, attributes: Mapping[str, object]) -> bool:
        """Return whether someone with these attributes is in the slice.

        >>> Slice.of({"sex": "f"}).matches({"sex": "f", "age": 30})
        True
        """
        return all(str(attributes.get(a, "")) == v for a, v in self.conditions)

    def within(self, other: "Slice") -> bool:
        """Return whether everybody here is also in `other` by its conditions.

        >>> Slice.of({"sex": "f", "region": "north"}).within(Slice.of({"sex": "f"}))
        True
        """
        return set(other.conditions) <= set(self.conditions)

    def compatible(self, other: "Slice") -> bool:
        """Return whether somebody could be in both: no attribute is asked to have two values.

        >>> Slice.of({"sex": "f"}).compatible(Slice.of({"sex": "m"}))
        False
        """
        mine = dict(self.conditions)
        return all(mine.get(a, v) == v for a, v in other.conditions)


EVERYONE = Slice()


def parse(key: str) -> Slice:
    """Return the slice whose key is `key`.

    Raises:
        BadInput: a condition has no `=` or no attribute name, or an attribute stands twice.

    >>> parse("age_band=18-25&sex=f").label
    'age_band=18-25 and sex=f'
    """
    if not key.strip():
        return EVERYONE
    conditions: dict[str, str] = {}
    for part in key.split("&"):
        name, equals, value = part.partition("=")
        name = unquote(name.strip())
        if not equals or not name or name in conditions:
            raise BadInput(f"{key!r} is not a slice", do="write attribute=value, joined by &")
        conditions[name] = unquote(value.strip())
    return Slice.of(conditions)

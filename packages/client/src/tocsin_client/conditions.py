"""One condition of a slice, and whether somebody meets it, by the rule that the server cuts by."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin_client.rows import text


@dataclass(frozen=True, slots=True)
class Condition:
    """One `attribute=value` of a slice.

    The server cuts numeric attributes into bands and names them `<25`, `25–40`, `≥60`; a service
    holds the bare number.  So a value with the form of a band also holds for numbers inside it,
    its lower border included.
    """

    attribute: str
    value: str
    low: float = math.nan
    high: float = math.nan

    is_text: bool = False
    """Whether equal text is all there is to it: neither a band nor empty."""

    def holds(self, attributes: Mapping[str, object]) -> bool:
        """Return whether someone with these attributes meets the condition; unknown never does."""
        raw = attributes.get(self.attribute)
        if raw is None:
            return False
        known = text(raw)
        if known == self.value:
            return bool(known)
        if math.isnan(self.low):
            return False
        try:
            number = float(known)
        except ValueError:
            return False
        return self.low <= number and (number < self.high or self.high == math.inf)


def condition(attribute: str, value: str) -> Condition:
    """Return the condition `attribute=value`, its band read from the value where it is one.

    >>> condition("age", "25–40").holds({"age": 25}), condition("age", "25–40").holds({"age": 40})
    (True, False)
    >>> condition("age", "≥60").holds({"age": "61"}), condition("sex", "f").holds({"sex": "f"})
    (True, True)
    """
    low, high = math.nan, math.nan
    if value.startswith("<"):
        low, high = -math.inf, _border(value[1:])
    elif value.startswith("≥"):
        low, high = _border(value[1:]), math.inf
    elif "–" in value:
        left, _, right = value.partition("–")
        low, high = _border(left), _border(right)
    if math.isnan(low) or math.isnan(high):
        return Condition(attribute, value, is_text=bool(value))
    return Condition(attribute, value, low, high)


def _border(number: str) -> float:
    try:
        return float(number.replace(",", ""))
    except ValueError:
        return math.nan

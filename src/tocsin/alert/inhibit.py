"""Inhibition: an alert that another one explains calls nobody, while that other one does.

Where no decisions arrive, their accuracy means little: people are called for the silence.  A rule
names sources and targets by matchers; a source inhibits targets of its own system whose slice lies
within its own.  Where in doubt people are called: only an alert that calls somebody inhibits, never
one that is silenced, that is a target itself, or whose incident is closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.alert.group import founds
from tocsin.alert.matching import Matcher, match, parse_all, words
from tocsin.alert.notice import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """While an alert that `source` takes calls people, those that `target` takes do not."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]


DEFAULTS = (
    Inhibition(
        source=parse_all(["layer=health", "measure=~silence|volume"]),
        target=parse_all(["layer=~performance|drift"]),
    ),
)
"""What holds where the configuration says nothing."""


def sources(calling: Sequence[Alert], rules: Sequence[Inhibition]) -> list[Alert]:
    """Return those of `calling` that may inhibit others: they found, and nothing explains them.

    Two alerts that explain one another inhibit nothing, so that somebody is called.

    Args:
        calling: firing alerts that are not silenced, whose incident is open or yet to be.
        rules: the rules in force.
    """
    loud = [alert for alert in calling if founds(alert.finding)]
    return [alert for alert in loud if inhibited(alert, loud, rules) is None]


def inhibited(
    alert: Alert, by: Sequence[Alert], rules: Sequence[Inhibition] = DEFAULTS
) -> Alert | None:
    """Return which of `by` explains `alert`; None if none does, or if it calls nobody anyway."""
    if not founds(alert.finding):
        return None
    said = words(alert)
    for rule in rules:
        if not match(rule.target, said):
            continue
        for one in by:
            wider = one.system == alert.system and alert.slice.within(one.slice)
            if wider and one.fingerprint != alert.fingerprint and match(rule.source, words(one)):
                return one
    return None

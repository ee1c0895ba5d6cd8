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
    silent = explained(calling, calling, rules)
    return [one for one in calling if founds(one.finding) and one.fingerprint not in silent]


def explained(
    alerts: Sequence[Alert], by: Sequence[Alert], rules: Sequence[Inhibition]
) -> dict[str, Alert]:
    """Return which of `by` explains which of `alerts`, by the fingerprint of what is explained.

    What calls nobody anyway needs no explanation and is none.
    """
    found: dict[str, Alert] = {}
    said = [(one, words(one)) for one in by if founds(one.finding)]
    for rule in rules:
        causes = [one for one, its in said if match(rule.source, its)]
        if not causes:
            continue
        for alert in alerts:
            if founds(alert.finding) and match(rule.target, words(alert)):
                cause = next((one for one in causes if _covers(one, alert)), None)
                if cause is not None:
                    found.setdefault(alert.fingerprint, cause)
    return found


def _covers(cause: Alert, alert: Alert) -> bool:
    itself = cause.fingerprint == alert.fingerprint
    return cause.system == alert.system and alert.slice.within(cause.slice) and not itself

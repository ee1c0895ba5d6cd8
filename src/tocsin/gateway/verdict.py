"""Who answers one row: what the directive in force for it means with what this gateway serves.

    in force                          who answers                 decided_by  version
    nothing                           the server                  system      ours
    canary, rollback; address known   that version's server       system,     that one
                                                                  rollback
    rollback, address unknown         the rules                   fallback    ours
    canary, address unknown           the server                  system      ours
    fallback; control lost            the rules                   fallback    ours
    review                            the pending answer, or 202  review      ours
    block, kill                       the blocked one, or 403     block       ours

A moved threshold stands beside: whichever server answers, its score is measured against it
(`threshold`).

A server that fails (no connection, out of time, 5xx) is replaced: a canary by our own version, any
other by the rules; without rules its failure is the answer.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from tocsin.gateway.served import Served
from tocsin_client.directives import CONTROL_LOST, REFUSED, Action, Directive


class Way(StrEnum):
    """Where the answer to a row comes from."""

    RELAY = "relay"
    RULES = "rules"
    PENDING = "pending"
    BLOCKED = "blocked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who answers one row, and how that is written down.  `asks` is the version that is asked."""

    way: Way
    version: str
    decided_by: str
    directive: Directive | None = None
    asks: str = ""
    error: str | None = None
    moved: Directive | None = None
    """The directive that moves the threshold for the row, whoever answers it."""


def verdict(directive: Directive | None, served: Served) -> Verdict:
    """Return who answers a row under `directive`."""
    own = served.version
    if directive is None:
        return Verdict(Way.RELAY, own, "system", None, own)
    if directive.action in REFUSED:
        return Verdict(Way.BLOCKED, own, "block", directive)
    if directive.action is Action.REVIEW:
        return Verdict(Way.PENDING, own, "review", directive)
    if directive.action is Action.FALLBACK:
        error = "ControlLost" if directive is CONTROL_LOST else None
        return Verdict(Way.RULES, own, "fallback", directive, error=error)
    return _elsewhere(directive, served)


def _elsewhere(directive: Directive, served: Served) -> Verdict:
    own, wanted = served.version, directive.to_version
    canary = directive.action is Action.CANARY
    if wanted is not None and served.address(wanted) is not None:
        return Verdict(Way.RELAY, wanted, "system" if canary else "rollback", directive, wanted)
    if canary:
        return Verdict(Way.RELAY, own, "system", directive, own, "VersionNotRegistered")
    return Verdict(Way.RULES, own, "fallback", directive, error="VersionNotRegistered")


def replaced(failed: Verdict, error: str, served: Served) -> Verdict:
    """Return who answers after the server that was asked has failed.

    >>> from tocsin.ingest.system import System
    >>> served = Served(system=System(name="loans"), upstream="http://a", version="v2",
    ...                 models=("loans",))
    >>> replaced(verdict(None, served), "ConnectError", served).way.value
    'failed'
    """
    directive = failed.directive
    canary = directive is not None and directive.action is Action.CANARY
    if canary and failed.asks != served.version:
        return replace(failed, asks=served.version, decided_by="fallback", error=error)
    if served.fallback is None:
        return replace(failed, way=Way.FAILED, error=failed.error or error)
    return replace(
        failed, way=Way.RULES, version=served.version, decided_by="fallback", error=error
    )

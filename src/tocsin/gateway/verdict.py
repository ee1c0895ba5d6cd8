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

A directive of a version holds where that version would answer: ours where nothing is in force, or
that of a canary or a rollback whose address is known.  It means the same, and the row names the
version whose answer it would have been, unless a rollback names the one that answers.

A moved threshold stands beside: whichever server answers, its score is measured against it
(`threshold`).

A server that fails (no connection, out of time, 5xx) is replaced: a canary by our own version,
unless a directive of that holds; any other by the rules; without rules its failure is the answer.
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
    barred: bool = False
    """Whether our own version may not stand in for a canary: a directive of it holds."""

    @property
    def answers(self) -> str:
        """The version that answers in the end; "": none does."""
        return self.asks if self.way is Way.RELAY else ""


def verdict(directive: Directive | None, served: Served) -> Verdict:
    """Return who answers a row under `directive`."""
    if directive is None:
        return Verdict(Way.RELAY, served.version, "system", None, served.version)
    own = named(directive, served)
    if directive.action in REFUSED:
        return Verdict(Way.BLOCKED, own, "block", directive)
    if directive.action is Action.REVIEW:
        return Verdict(Way.PENDING, own, "review", directive)
    if directive.action is Action.FALLBACK:
        error = "ControlLost" if directive is CONTROL_LOST else None
        return Verdict(Way.RULES, own, "fallback", directive, error=error)
    return _elsewhere(directive, served)


def named(directive: Directive | None, served: Served) -> str:
    """Return the version that a row names where no other than the directive's answers it."""
    of_version = None if directive is None else directive.of_version
    return served.version if of_version is None else of_version


def _elsewhere(directive: Directive, served: Served) -> Verdict:
    own, wanted = served.version, directive.to_version
    canary = directive.action is Action.CANARY
    if wanted is not None and served.address(wanted) is not None:
        return Verdict(Way.RELAY, wanted, "system" if canary else "rollback", directive, wanted)
    if canary:
        return Verdict(Way.RELAY, own, "system", directive, own, "VersionNotRegistered")
    error = "VersionNotRegistered"
    return Verdict(Way.RULES, named(directive, served), "fallback", directive, error=error)


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
    if canary and failed.asks != served.version and not failed.barred:
        return replace(failed, asks=served.version, decided_by="fallback", error=error)
    if served.fallback is None:
        return replace(failed, way=Way.FAILED, error=failed.error or error)
    version = failed.asks if canary else named(directive, served)
    return replace(failed, way=Way.RULES, version=version, decided_by="fallback", error=error)

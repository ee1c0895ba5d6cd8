"""What the gateway serves: the systems behind it, and what answers where they may not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tocsin.ingest.system import System
from tocsin_client.conditions import Condition


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: who meets every condition gets the answer."""

    conditions: tuple[Condition, ...]
    answer: object

    def holds(self, known: Mapping[str, object]) -> bool:
        """Return whether a row with these inputs and attributes meets every condition."""
        return all(condition.holds(known) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Rules:
    """The fallback: the first rule that holds answers; the last of them holds for everyone."""

    rules: tuple[Rule, ...]

    def answer(self, known: Mapping[str, object]) -> object:
        """Return the answer for a row with these inputs and attributes."""
        return next(rule.answer for rule in self.rules if rule.holds(known))


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One system behind the gateway; `system` tells how its tensors are named."""

    system: System
    upstream: str
    version: str
    models: tuple[str, ...]
    """What the system is called in paths and bodies of the protocols."""
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    """Addresses of other versions, for rollbacks, canaries and shadow copies."""
    fallback: Rules | None = None
    pending: object = None
    """The answer while a person decides; None: the whole call is answered 202."""
    blocked: object = None
    """The answer where nobody decides; None: the whole call is refused."""
    yes: object = True
    """What a prediction says that means yes, as its owner wrote it."""
    no: object = None
    """What one says that means no; None: what is usually the other of `yes`."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Attribute by the name of the request header that holds it."""
    caller_ids: bool = False
    """Whether rows are named by the `id` of a v2 call, which callers then never repeat."""
    sticky: str | None = None
    """The input or attribute that is the same whenever the same person comes."""
    timeout_s: float = 10.0
    capacity: int | None = None
    """Calls that its servers work on at once; None: not known."""
    on_control_loss: Literal["open", "closed"] = "open"
    grace_s: float = 30.0

    def address(self, version: str) -> str | None:
        """Return where `version` is served; None where the gateway does not know."""
        return self.upstream if version == self.version else self.versions.get(version)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowLimits:
    """What shadow copies may cost at most."""

    waiting: int = 200
    """Copies that wait; one more is dropped."""
    waiting_bytes: int = 16 * 1024 * 1024
    at_once: int = 4
    timeout_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One gateway."""

    server: str
    token: str = field(repr=False)
    spool_dir: str
    systems: tuple[Served, ...]
    shadow: ShadowLimits = field(default_factory=ShadowLimits)
    max_body_bytes: int = 16 * 1024 * 1024
    ca_file: str = ""
    """PEM file of an authority to trust beside the public ones; empty: none."""

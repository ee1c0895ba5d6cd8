"""Seldon Core 2's Experiment, mlops.seldon.io/v1alpha1: the weights of its candidates.  Pure.

Weights are whole numbers, taken as shares of their sum.  A rollback gives one candidate everything,
a canary its share; what is left keeps the proportions that it had.
"""

from dataclasses import dataclass
from typing import cast

from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Step
from tocsin.integrations.kubernetes.shape import CannotSay, Object, inner, items

_WHOLE = 1000
"""The sum of the weights that we set: a tenth of a percent is the finest share."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A `Shape`; `candidate` is the name of a version's candidate, with `{version}` in it."""

    namespace: str
    name: str
    candidate: str

    @property
    def path(self) -> str:
        """Where it is in the cluster's API."""
        return f"/apis/mlops.seldon.io/v1alpha1/namespaces/{self.namespace}/experiments/{self.name}"

    @property
    def target(self) -> str:
        """What people call it."""
        return f"Experiment {self.namespace}/{self.name}"

    def serves(self, action: Action) -> bool:
        """Return whether it is about who gets which candidate."""
        return action in (Action.ROLLBACK, Action.CANARY)

    def says(self, one: Step | Directive) -> str:
        """Return what is done, as an order."""
        share = 1.0 if one.action is Action.ROLLBACK else one.share or 0
        return f"gives {share:.3g} of {self.target} to candidate {self._named(one)}"

    def shows(self, value: object) -> str:
        """Return the weights in words."""
        weights = ", ".join(f"{name} {weight}" for name, weight in _weights(value))
        return f"{self.target} has the weights {weights}"

    def value(self, found: Object) -> object:
        """Return the candidates' names and weights, in their order."""
        candidates = items(inner(found, "spec").get("candidates"))
        if not candidates:
            raise CannotSay(f"{self.target} has no candidates")
        return [[one.get("name"), one.get("weight")] for one in candidates]

    def aim(self, found: Object, base: object, directive: Directive) -> object:  # noqa: ARG002 - the port's shape
        """Return the weights that carry out a rollback or a canary."""
        name = self._named(directive)
        known = _weights(base)
        if name not in [one for one, _ in known]:
            raise CannotSay(f"{self.target} has no candidate {name}")
        share = 1.0 if directive.action is Action.ROLLBACK else directive.share or 0
        mine = round(share * _WHOLE)
        others = sum(weight for one, weight in known if one != name)
        if not 0 < mine <= _WHOLE or (mine < _WHOLE and not others):
            raise CannotSay(f"{self.target} cannot give {share:g} to candidate {name}")
        exact = [
            (_WHOLE - mine) * weight / others if one != name and others else 0.0
            for one, weight in known
        ]
        whole = [
            mine if one == name else int(part) for (one, _), part in zip(known, exact, strict=True)
        ]
        # what rounding left over goes to the largest remainders
        left = sorted(range(len(known)), key=lambda k: (int(exact[k]) - exact[k], k))
        for k in left[: _WHOLE - sum(whole)]:
            whole[k] += 1
        return [[one, weight] for (one, _), weight in zip(known, whole, strict=True)]

    def spec(self, found: Object, value: object) -> Object:
        """Return the patch of `spec`: a merge patch replaces a list, so all of it."""
        weights = dict(_weights(value))
        candidates = items(inner(found, "spec").get("candidates"))
        changed = [{**one, "weight": weights[str(one.get("name"))]} for one in candidates]
        return {"candidates": cast("object", changed)}

    def _named(self, one: Step | Directive) -> str:
        return self.candidate.replace("{version}", one.to_version or "")


def _weights(value: object) -> list[tuple[str, int]]:
    return [(str(name), int(weight)) for name, weight in cast("list[tuple[object, int]]", value)]

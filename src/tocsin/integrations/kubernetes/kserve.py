"""KServe's InferenceService, serving.kserve.io/v1beta1: what its newest revision gets.  Pure.

    canaryTrafficPercent   what the newest revision gets; 0-100, absent: everything
    the rest               goes to the last revision that was rolled out in full

So a rollback is 0, where there is such a revision, and a canary its share.  KServe shares traffic
out in its serverless mode alone.
"""

from dataclasses import dataclass

from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Step
from tocsin.integrations.kubernetes.shape import CannotSay, Object, inner

_FIELD = "canaryTrafficPercent"
_MODE = "serving.kserve.io/deploymentMode"
_SPLITS = ("Serverless", "Knative", None)
"""Deployment modes that share traffic out; the second is the first's newer name."""


@dataclass(frozen=True, slots=True)
class InferenceService:
    """A `Shape`."""

    namespace: str
    name: str

    @property
    def path(self) -> str:
        """Where it is in the cluster's API."""
        return (
            f"/apis/serving.kserve.io/v1beta1/namespaces/{self.namespace}"
            f"/inferenceservices/{self.name}"
        )

    @property
    def target(self) -> str:
        """What people call it."""
        return f"InferenceService {self.namespace}/{self.name}"

    def serves(self, action: Action) -> bool:
        """Return whether it is about who gets which revision."""
        return action in (Action.ROLLBACK, Action.CANARY)

    def says(self, one: Step | Directive) -> str:
        """Return what is done, as an order."""
        if one.action is Action.ROLLBACK:
            return f"sends everyone of {self.target} to the revision rolled out before the newest"
        return f"sends {one.share or 0:.0%} of {self.target} to its newest revision"

    def shows(self, value: object) -> str:
        """Return the share in words."""
        share = "everything" if value is None else f"{value} %"
        return f"the newest revision of {self.target} gets {share}"

    def value(self, found: Object) -> object:
        """Return the percentage; None where it is absent."""
        annotations = inner(found, "metadata", "annotations")
        mode = annotations.get(_MODE) or inner(found, "status").get("deploymentMode")
        if mode not in _SPLITS:
            raise CannotSay(f"{self.target} is served in the mode {mode}, which splits no traffic")
        predictor = inner(found, "spec", "predictor")
        if not predictor:
            raise CannotSay(f"{self.target} has no predictor")
        return predictor.get(_FIELD)

    def aim(self, found: Object, base: object, directive: Directive) -> object:  # noqa: ARG002 - the port's shape
        """Return the percentage that carries out a rollback or a canary."""
        state = inner(found, "status", "components", "predictor")
        newest, rolled = state.get("latestReadyRevision"), state.get("latestRolledoutRevision")
        before = state.get("previousRolledoutRevision") if newest == rolled else rolled
        if not before:
            raise CannotSay(f"{self.target} has no revision before its newest to send anyone to")
        if directive.action is Action.ROLLBACK:
            return 0
        percent = (directive.share or 0) * 100
        if abs(percent - round(percent)) > 1e-9 or not 1 <= round(percent) <= 100:
            raise CannotSay("KServe takes whole percents from 1 to 100")
        return round(percent)

    def spec(self, found: Object, value: object) -> Object:  # noqa: ARG002 - the port's shape
        """Return the patch of `spec`; null takes the field away."""
        return {"predictor": {_FIELD: value}}

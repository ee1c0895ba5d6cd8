"""A stand-in for a cluster's API that keeps two objects, and checks what it is asked.

It plays get and merge patch (RFC 7386) as the API server documents them: a bearer token, the media
type of a patch, optimistic concurrency by `metadata.resourceVersion`, and the schema of the
published CRDs, as far as the two settings need it.  It is no Kubernetes, and runs no controller.
"""

import copy
import json
from dataclasses import dataclass, field
from typing import Any, cast

from tests.integrations.http.vendor import Call, Reply

ISVC = "/apis/serving.kserve.io/v1beta1/namespaces/ml/inferenceservices/credit"
EXPERIMENT = "/apis/mlops.seldon.io/v1alpha1/namespaces/ml/experiments/credit"
_MERGE = "application/merge-patch+json"


def objects() -> dict[str, Any]:
    """Return an InferenceService and an Experiment as a cluster would hold them."""
    return {
        ISVC: {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "metadata": {"name": "credit", "namespace": "ml", "resourceVersion": "41"},
            "spec": {
                "predictor": {
                    "minReplicas": 2,
                    "model": {"modelFormat": {"name": "sklearn"}, "storageUri": "gs://b/8"},
                }
            },
            "status": {
                "components": {
                    "predictor": {
                        "latestReadyRevision": "credit-predictor-00002",
                        "latestRolledoutRevision": "credit-predictor-00002",
                        "previousRolledoutRevision": "credit-predictor-00001",
                    }
                }
            },
        },
        EXPERIMENT: {
            "apiVersion": "mlops.seldon.io/v1alpha1",
            "kind": "Experiment",
            "metadata": {"name": "credit", "namespace": "ml", "resourceVersion": "7"},
            "spec": {
                "default": "credit-8",
                "candidates": [
                    {"name": "credit-8", "weight": 90},
                    {"name": "credit-7", "weight": 10},
                ],
                "mirror": {"name": "credit-9", "percent": 50},
            },
        },
    }


@dataclass
class Cluster:
    """The objects by their paths."""

    token: str
    objects: dict[str, Any] = field(default_factory=objects)
    version: int = 100
    between: Any = None
    """Called once before the next patch: somebody else changes something."""

    def answer(self, call: Call) -> Reply:
        if call.headers.get("Authorization") != f"Bearer {self.token}":
            return _status(401, "Unauthorized")
        found = self.objects.get(call.path)
        if found is None:
            return _status(404, "not found")
        if call.method == "PATCH":
            return self._patch(call, found)
        return Reply(200, json.dumps(found).encode())

    def change(self, path: str, *fields: str, value: object) -> None:
        """Let somebody set a field."""
        inside = self.objects[path]
        for name in fields[:-1]:
            inside = inside.setdefault(name, {})
        inside[fields[-1]] = value
        self._grow(self.objects[path])

    def spec(self, path: str) -> Any:
        """Return what is to be: not the version, which grows with every change."""
        return copy.deepcopy(self.objects[path]["spec"])

    def _patch(self, call: Call, found: Any) -> Reply:
        if call.headers.get("Content-Type") != _MERGE:
            return _status(415, "unsupported media type")
        if self.between is not None:
            self.between, change = None, self.between
            change()
        patch = json.loads(call.body)
        version = patch.get("metadata", {}).get("resourceVersion")
        if version is not None and version != found["metadata"]["resourceVersion"]:
            return _status(409, "the object has been modified; please apply your changes")
        after = _merged(found, patch)
        wrong = complaints(after)
        if wrong:
            return _status(422, f"{after['kind']} is invalid: {wrong[0]}")
        self._grow(after)
        self.objects[call.path] = after
        return Reply(200, json.dumps(after).encode())

    def _grow(self, one: Any) -> None:
        self.version += 1
        one["metadata"]["resourceVersion"] = str(self.version)


def _merged(target: object, patch: object) -> Any:
    """Return RFC 7386's MergePatch(target, patch)."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(cast("dict[str, object]", target)) if isinstance(target, dict) else {}
    for name, value in cast("dict[str, object]", patch).items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged


def complaints(one: Any) -> list[str]:
    """Return what the published schema has against an object."""
    spec = one["spec"]
    if one["kind"] == "InferenceService":
        # the schema says an integer of 64 bits; that it is a share is what it is used for
        percent = spec["predictor"].get("canaryTrafficPercent", 0)
        whole = isinstance(percent, int) and not isinstance(percent, bool) and 0 <= percent <= 100
        return [] if whole else ["spec.predictor.canaryTrafficPercent"]
    found: list[str] = []
    for k, candidate in enumerate(spec["candidates"]):
        if not isinstance(candidate.get("name"), str):
            found.append(f"spec.candidates[{k}].name")
        weight = candidate.get("weight")
        if not isinstance(weight, int) or isinstance(weight, bool) or not 0 <= weight < 2**31:
            found.append(f"spec.candidates[{k}].weight")
    return found


def _status(code: int, message: str) -> Reply:
    body = {"kind": "Status", "status": "Failure", "message": message, "code": code}
    return Reply(code, json.dumps(body).encode())

"""What both kinds send, and what the object then is, keeps to what others publish.

`make test-vendors` installs the packages that hold the schemas.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from tests.contracts.actuator import directive
from tests.integrations.http.vendor import Call
from tests.integrations.kubernetes.cluster import EXPERIMENT, ISVC, Cluster, complaints, objects
from tests.integrations.kubernetes.published import Schema, of_patch, served, typed
from tocsin.contain.directive import Action
from tocsin.integrations.http import Setting
from tocsin.integrations.kubernetes import kserve, seldon

pytestmark = pytest.mark.real

VENDORS = os.environ.get("VENDORS", "")
SETTINGS: Mapping[str, Setting] = {
    "url": "https://cluster.example.org",
    "namespace": "ml",
    "name": "credit",
    "token": "a-token",
}
MISSING = object()


@pytest.fixture(scope="module")
def packages() -> Path:
    if not VENDORS:
        pytest.skip("no published schemas: make test-vendors")
    return next(Path(VENDORS).glob("lib/python*/site-packages"))


@pytest.fixture(scope="module", params=["served", "typed"])
def inference_service(request: pytest.FixtureRequest, packages: Path) -> Schema:
    if request.param == "served":
        return served(packages, "InferenceService", "serving.kserve.io")
    return typed(packages / "kserve/models", "V1beta1InferenceService")


@pytest.fixture(scope="module")
def experiment(packages: Path) -> Schema:
    return typed(packages / "seldon_deploy_sdk/models", "SeldonExperiment")


def written(path: str) -> list[tuple[Any, Any]]:
    """Return every patch for a rollback, all whole percents, and back; and the object after it."""
    cluster = Cluster("a-token")
    seen: list[tuple[Any, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        call = Call(request.method, request.url.path, request.headers, request.content)
        reply = cluster.answer(call)
        if call.method == "PATCH":
            assert reply.status == 200, reply.body
            seen.append((json.loads(call.body), json.loads(reply.body)))
        return httpx.Response(reply.status, stream=httpx.ByteStream(reply.body))

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        if path == ISVC:
            actuator = kserve(SETTINGS, client)
        else:
            actuator = seldon({**SETTINGS, "candidate": "credit-{version}"}, client)
        base = actuator.read()
        shares = [directive(Action.CANARY, share=k / 100) for k in range(1, 101)]
        for one in [directive(), *shares]:
            wanted = actuator.aim(base, [one])
            actuator.write(wanted, expecting=base, key="act_1")
            actuator.write(base, expecting=wanted, key="act_2")
    assert len(seen) == 202
    return seen


def keep(schema: Schema, pairs: list[tuple[Any, Any]]) -> None:
    patches, whole = (
        jsonschema_rs.validator_for(of_patch(schema)),
        jsonschema_rs.validator_for(schema),
    )
    for patch, after in pairs:
        patches.validate(patch)
        whole.validate(after)


def test_every_patch_of_an_inference_service_keeps_to_what_is_published(
    inference_service: Schema,
) -> None:
    pairs = written(ISVC)
    keep(inference_service, pairs)
    shares = [patch["spec"]["predictor"]["canaryTrafficPercent"] for patch, _ in pairs[::2]]
    assert shares == [0, *range(1, 101)]


def test_every_patch_of_an_experiment_keeps_to_what_is_published(experiment: Schema) -> None:
    pairs = written(EXPERIMENT)
    keep(experiment, pairs)
    weights = [patch["spec"]["candidates"][1]["weight"] for patch, _ in pairs[::2]]
    assert weights == [1000, *range(10, 1001, 10)]


@pytest.mark.parametrize(
    ("takes", "spec"),
    [
        (True, {"predictor": {"canaryTrafficPercent": 25}}),
        (True, {"predictor": {"canaryTrafficPercent": None}}),
        (False, {"predictor": {"canaryTrafficPercent": "25"}}),
        (False, {"predictor": {"canaryTrafficPercent": 1.5}}),
        (False, {"predictor": {"canaryTrafficPercentage": 25}}),
        (False, {"predictor": [{"canaryTrafficPercent": 25}]}),
        (False, {"canaryTrafficPercent": 25}),
    ],
)
def test_a_wrong_patch_of_an_inference_service_would_be_found(
    takes: bool, spec: dict[str, object], inference_service: Schema
) -> None:
    assert jsonschema_rs.is_valid(of_patch(inference_service), {"spec": spec}) == takes


@pytest.mark.parametrize(
    ("takes", "candidates"),
    [
        (True, [{"name": "credit-7", "weight": 10}]),
        (False, [{"name": "credit-7", "weight": "10"}]),
        (False, [{"name": "credit-7", "weight": 1.5}]),
        (False, [{"name": "credit-7", "weight": None}]),
        (False, [{"name": "credit-7", "share": 10}]),
        (False, {"credit-7": 10}),
    ],
)
def test_a_wrong_patch_of_an_experiment_would_be_found(
    takes: bool, candidates: object, experiment: Schema
) -> None:
    patch = {"spec": {"candidates": candidates}}
    assert jsonschema_rs.is_valid(of_patch(experiment), patch) == takes


TAKEN: list[Any] = [0, 1, 50, 100]
REFUSED: list[Any] = ["25", "", 1.5, True, None, [], {}, [25]]
"""What the stand-in and the schemas alike take, and alike refuse."""


def judged(schema: Schema, given: Iterable[object]) -> list[tuple[bool, bool]]:
    """Return of each object whether the stand-in takes it, and whether the schema does."""
    return [(not complaints(one), jsonschema_rs.is_valid(schema, one)) for one in given]


def with_percent(value: object) -> Any:
    one = objects()[ISVC]
    one["spec"]["predictor"]["canaryTrafficPercent"] = value
    return one


def with_weight(value: object) -> Any:
    return _with("weight", value)


def with_name(value: object) -> Any:
    return _with("name", value)


def _with(field: str, value: object) -> Any:
    one = objects()[EXPERIMENT]
    candidate = one["spec"]["candidates"][1]
    candidate[field] = value
    if value is MISSING:
        del candidate[field]
    return one


def test_the_stand_in_agrees_about_percentages(inference_service: Schema) -> None:
    assert set(judged(inference_service, map(with_percent, TAKEN))) == {(True, True)}
    assert set(judged(inference_service, map(with_percent, REFUSED))) == {(False, False)}
    # an integer to the schema, and no share
    odd = [-1, 101, 2**63, 1.0]
    assert set(judged(inference_service, map(with_percent, odd))) == {(False, True)}


def test_the_stand_in_agrees_about_candidates(experiment: Schema) -> None:
    refused = [*map(with_weight, REFUSED), *map(with_name, (7, None, ["credit-7"]))]
    assert set(judged(experiment, map(with_weight, TAKEN))) == {(True, True)}
    assert set(judged(experiment, refused)) == {(False, False)}
    # the CRD's `required` and int32, of which the SDK's types know nothing
    odd = [*map(with_weight, (MISSING, -1, 2**31, 1.0)), with_name(MISSING)]
    assert set(judged(experiment, odd)) == {(False, True)}

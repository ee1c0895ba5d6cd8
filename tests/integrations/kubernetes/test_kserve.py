"""What a percentage means, and where KServe splits no traffic."""

from typing import Any

import pytest

from tests.contracts.actuator import directive
from tests.integrations.kubernetes.cluster import ISVC, objects
from tocsin.contain.directive import Action
from tocsin.integrations.kubernetes.kserve import InferenceService
from tocsin.integrations.kubernetes.shape import CannotSay

SHAPE = InferenceService("ml", "credit")


def found(**annotations: str) -> Any:
    one = objects()[ISVC]
    one["metadata"]["annotations"] = annotations
    return one


@pytest.mark.parametrize("mode", ["Serverless", "Knative", ""])
def test_the_serverless_mode_splits(mode: str) -> None:
    marked = {"serving.kserve.io/deploymentMode": mode} if mode else {}
    assert SHAPE.value(found(**marked)) is None


@pytest.mark.parametrize("mode", ["RawDeployment", "Standard", "ModelMesh"])
def test_other_modes_are_refused_by_name(mode: str) -> None:
    with pytest.raises(CannotSay, match=mode):
        SHAPE.value(found(**{"serving.kserve.io/deploymentMode": mode}))
    status: Any = found()
    status["status"]["deploymentMode"] = mode
    with pytest.raises(CannotSay, match=mode):
        SHAPE.value(status)


def test_the_field_goes_away_where_it_was_not() -> None:
    assert SHAPE.spec({}, None) == {"predictor": {"canaryTrafficPercent": None}}
    assert SHAPE.shows(None) == "the newest revision of InferenceService ml/credit gets everything"
    assert SHAPE.shows(20) == "the newest revision of InferenceService ml/credit gets 20 %"


def test_it_says_who_goes_where() -> None:
    assert SHAPE.says(directive()) == (
        "sends everyone of InferenceService ml/credit to the revision rolled out before the newest"
    )
    canary = directive(Action.CANARY, share=0.2)
    assert SHAPE.says(canary) == "sends 20% of InferenceService ml/credit to its newest revision"
    assert not SHAPE.serves(Action.BLOCK)
    with pytest.raises(CannotSay, match="no predictor"):
        SHAPE.value({"spec": {}})

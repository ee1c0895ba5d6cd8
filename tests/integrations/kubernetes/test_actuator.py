"""Both kinds of object keep the contract against a stand-in that checks what it is asked."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
from typing_extensions import override

from tests.contracts.actuator import HttpActuatorContract, directive
from tests.integrations.http.vendor import Call, Reply
from tests.integrations.kubernetes.cluster import EXPERIMENT, ISVC, Cluster
from tocsin.alert.ports import DeliveryError
from tocsin.contain.directive import Action
from tocsin.integrations.http import Setting
from tocsin.integrations.kubernetes import Custom, kserve, seldon

Build = Callable[[dict[str, Setting], httpx.Client], Custom]


class OnCluster(HttpActuatorContract):
    secret: ClassVar[str] = "eyJhbGciOi-a-service-account"
    path: ClassVar[str]
    built: ClassVar[Build]
    more: ClassVar[dict[str, Setting]] = {}

    @override
    def begin(self) -> None:
        self.cluster = Cluster(self.secret)

    @override
    def build(self, url: str, timeout_s: float) -> Custom:
        given: dict[str, Setting] = {
            "url": url,
            "namespace": "ml",
            "name": "credit",
            "token": self.secret,
            "timeout_s": str(timeout_s),
        }
        return type(self).built(given | self.more, self.client)

    @override
    def answer(self, call: Call) -> Reply:
        return self.cluster.answer(call)

    @override
    def state(self) -> object:
        return self.cluster.spec(self.path)

    def test_a_change_of_anything_else_meanwhile_is_not_lost(self) -> None:
        actuator = self.actuator()
        before = actuator.read()
        wanted = actuator.aim(before, [self.does])
        self.cluster.between = lambda: self.cluster.change(
            self.path, "metadata", "labels", value={"by": "hand"}
        )
        with pytest.raises(DeliveryError, match="answered 409") as caught:
            actuator.write(wanted, expecting=before, key="act_1")
        assert caught.value.retryable
        actuator.write(wanted, expecting=before, key="act_1")
        assert actuator.read() == wanted
        assert self.cluster.objects[self.path]["metadata"]["labels"] == {"by": "hand"}

    def test_a_token_that_rotates_is_read_anew(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text(f"{self.secret}\n")
        given: dict[str, Setting] = {
            "url": self.vendor.url.removesuffix("/hook"),
            "namespace": "ml",
            "name": "credit",
            "token_file": str(file),
        }
        actuator = type(self).built(given | self.more, self.client)
        actuator.read()
        self.cluster.token = "another-token"
        with pytest.raises(DeliveryError, match="answered 401"):
            actuator.read()
        file.write_text("another-token")
        actuator.read()

    def test_an_object_that_is_not_there_is_final(self) -> None:
        del self.cluster.objects[self.path]
        with pytest.raises(DeliveryError, match="answered 404: not found") as caught:
            self.actuator().read()
        assert not caught.value.retryable


class TestInferenceService(OnCluster):
    path = ISVC
    built = staticmethod(kserve)

    @override
    def meddle(self) -> None:
        self.cluster.change(ISVC, "spec", "predictor", "canaryTrafficPercent", value=50)

    def test_a_canary_is_a_share_and_a_rollback_is_nothing(self) -> None:
        actuator = self.actuator()
        assert actuator.read() == "null"
        assert actuator.aim("null", [directive(Action.CANARY, share=0.25)]) == "25"
        assert actuator.aim("null", [directive()]) == "0"
        for share in (0.125, 0.001):
            with pytest.raises(DeliveryError, match="whole percents"):
                actuator.aim("null", [directive(Action.CANARY, share=share)])

    def test_with_nothing_to_go_back_to_it_refuses(self) -> None:
        actuator, state = self.actuator(), ("status", "components", "predictor")
        self.cluster.change(ISVC, *state, "previousRolledoutRevision", value="")
        with pytest.raises(DeliveryError, match="no revision before its newest") as caught:
            actuator.aim("null", [directive()])
        assert not caught.value.retryable
        # a newer one that is not rolled out in full leaves the one that is
        self.cluster.change(ISVC, *state, "latestReadyRevision", value="credit-predictor-00003")
        assert actuator.aim("null", [directive()]) == "0"


class TestExperiment(OnCluster):
    path = EXPERIMENT
    built = staticmethod(seldon)
    more: ClassVar[dict[str, Setting]] = {"candidate": "credit-{version}"}

    @override
    def meddle(self) -> None:
        candidates = [{"name": "credit-8", "weight": 1}, {"name": "credit-7", "weight": 1}]
        self.cluster.change(EXPERIMENT, "spec", "candidates", value=candidates)

    def test_everything_but_weights_stays(self) -> None:
        candidates = self.cluster.objects[EXPERIMENT]["spec"]["candidates"]
        candidates[0]["note"] = "kept"
        self.applied()
        spec = self.cluster.spec(EXPERIMENT)
        assert spec["candidates"] == [
            {"name": "credit-8", "weight": 0, "note": "kept"},
            {"name": "credit-7", "weight": 1000},
        ]
        assert spec["mirror"] == {"name": "credit-9", "percent": 50}


del OnCluster

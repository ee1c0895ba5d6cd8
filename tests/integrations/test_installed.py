"""Kinds of notifiers are found by their entry points; an error names the channel."""

import httpx
import pytest

from tocsin.alert.ports import Notifier
from tocsin.base.errors import BadInput
from tocsin.config.actuators import ActuatorForm
from tocsin.config.schema import NotifierForm
from tocsin.contain.act import Outlets
from tocsin.contain.directive import Action
from tocsin.integrations.installed import installed, outlets


def built(kind: str, **settings: str) -> dict[str, Notifier]:
    with httpx.Client() as client:
        return installed({"duty": NotifierForm(kind=kind, settings=settings)}, client)


def test_every_channel_gets_the_notifier_of_its_kind() -> None:
    assert list(built("console")) == ["duty"]
    assert built("webhook", url="https://example.org/hook", secret="0" * 32).keys() == {"duty"}


def test_a_kind_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(BadInput, match="'pigeon' is not installed; installed are apprise, console"):
        built("pigeon")


def test_wrong_settings_name_the_channel_and_no_secret() -> None:
    with pytest.raises(BadInput, match=r"notifiers.duty \(pagerduty\)") as error:
        built("pagerduty", routing_key="hush")
    assert "hush" not in str(error.value)


def opened(kind: str, *actions: Action, **settings: object) -> Outlets:
    form = ActuatorForm.model_validate(
        {"kind": kind, "system": "loans", "actions": actions or None, "settings": settings}
    )
    with httpx.Client() as client:
        return outlets({"registry": form}, client)


def test_every_actuator_gets_its_system_and_its_actions() -> None:
    found = opened("mlflow", url="https://mlflow.example.org", model="credit")["registry"]
    assert (found.name, found.kind, found.system, found.actions) == (
        "registry",
        "mlflow",
        "loans",
        None,
    )


def test_what_is_wrong_with_an_actuator_names_it_and_no_secret() -> None:
    with pytest.raises(BadInput, match="actuator kind 'bell' is not installed; installed are fl"):
        opened("bell")
    with pytest.raises(BadInput, match=r"actuators.registry \(mlflow\): url is missing"):
        opened("mlflow", model="credit", token="hush")
    with pytest.raises(BadInput, match=r"actuators.registry.actions: mlflow cannot carry out bl"):
        opened("mlflow", Action.BLOCK, url="https://mlflow.example.org", model="credit")

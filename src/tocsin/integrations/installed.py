"""What is installed: each kind of notifier and actuator is an entry point, ours and others'."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

import httpx

from tocsin.alert.ports import Notifier
from tocsin.base.errors import BadInput
from tocsin.config.actuators import ActuatorForm
from tocsin.config.schema import NotifierForm
from tocsin.contain.act import Outlet
from tocsin.contain.ports import Actuator


def installed(forms: Mapping[str, NotifierForm], client: httpx.Client) -> dict[str, Notifier]:
    """Return the notifier of every channel.

    Raises:
        BadInput: a kind is not installed, or its settings are wrong; it names the channel.
    """
    built: dict[str, Notifier] = {}
    for channel, form in forms.items():
        point = _kind("notifier", form.kind, f"notifiers.{channel}")
        try:
            built[channel] = point.load()(form.settings, client)
        except BadInput as error:  # an adapter knows its kind; which of its channels, we know
            where = f"notifiers.{channel} ({error.where})"
            raise BadInput(error.what, where=where, do=error.do) from None
    return built


def outlets(forms: Mapping[str, ActuatorForm], client: httpx.Client) -> dict[str, Outlet]:
    """Return every actuator, in the order of the configuration.

    Raises:
        BadInput: a kind is not installed, its settings are wrong, or it can do nothing of what it
            is meant for; it names the actuator.
    """
    built: dict[str, Outlet] = {}
    for name, form in forms.items():
        where = f"actuators.{name}"
        point = _kind("actuator", form.kind, where)
        try:
            actuator: Actuator = point.load()(form.settings, client)
        except BadInput as error:
            raise BadInput(error.what, where=f"{where} ({error.where})", do=error.do) from None
        for action in form.actions or ():
            if not any(actuator.serves(action, everyone=all_) for all_ in (True, False)):
                raise BadInput(
                    f"{form.kind} cannot carry out {action.value}",
                    where=f"{where}.actions",
                    do="leave it out, or say in its settings how",
                )
        built[name] = Outlet(
            name=name,
            kind=form.kind,
            system=form.system,
            actions=None if form.actions is None else frozenset(form.actions),
            actuator=actuator,
        )
    return built


def _kind(noun: str, kind: str, where: str) -> EntryPoint:
    kinds = {point.name: point for point in entry_points(group=f"tocsin.{noun}s")}
    if kind not in kinds:
        raise BadInput(
            f"{noun} kind {kind!r} is not installed",
            where=f"{where}.kind",
            do=f"installed are {', '.join(sorted(kinds))}",
        )
    return kinds[kind]
